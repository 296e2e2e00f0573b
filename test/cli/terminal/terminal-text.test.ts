import { describe, expect, it } from 'vitest';
import { cellText, manyLines, oneLine } from '../../../src/cli/terminal/safe-text.ts';
import { layOutTable } from '../../../src/cli/terminal/terminal-table.ts';
import { displayWidth, pad, truncate } from '../../../src/cli/terminal/terminal-text.ts';
import { createWordWrap } from '../../../src/cli/terminal/word-wrap.ts';

const plain = (_: string, text: string) => text;

describe('oneLine', () => {
  it('makes every control character visible and harmless', () => {
    const all = Array.from({ length: 0xa0 }, (_, code) => String.fromCodePoint(code)).join('');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there
    expect(oneLine(all)).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
    expect(oneLine('a\u001b[31mb')).toBe('a<1B>[31mb');
    expect(oneLine('a\r\nb\tc')).toBe('a⏎b c');
  });

  it('shows the signs that reorder text', () => {
    expect(oneLine('user\u202etxt.exe')).toBe('user<202E>txt.exe');
  });

  it('leaves other writing alone, joined emoji included', () => {
    expect(oneLine('Zoë 李 伟 👩‍💻 Tŷ')).toBe('Zoë 李 伟 👩‍💻 Tŷ');
  });
});

it('manyLines keeps line feeds and tabs only', () => {
  expect(manyLines('a\r\nb\tc\u0007\rd')).toBe('a\nb\tc<07><0D>d');
});

it('cellText shows JSON values as JSON and nothing as nothing', () => {
  expect([cellText(null), cellText(undefined), cellText({ a: [1] }), cellText('x')]).toEqual([
    '',
    '',
    '{"a":[1]}',
    'x',
  ]);
});

describe('truncate', () => {
  it.each([
    ['short', 10, 'short'],
    ['exactly ten', 11, 'exactly ten'],
    ['much too long', 6, 'much …'],
    ['李李李', 4, '李…'],
    ['👩‍💻👩‍💻👩‍💻', 5, '👩‍💻👩‍💻…'],
    ['abc', 1, '…'],
    ['abc', 0, ''],
  ])('cuts %j to %i columns', (text, columns, expected) => {
    expect(truncate(text, columns)).toBe(expected);
    expect(displayWidth(truncate(text, columns))).toBeLessThanOrEqual(columns);
  });

  it('does not measure a huge cell whole', () => {
    expect(truncate('x'.repeat(50_000_000), 20)).toBe(`${'x'.repeat(19)}…`);
  });
});

it('pads by what is seen', () => {
  expect(pad('李', 4)).toBe('李  ');
  expect(pad('7', 3, 'left')).toBe('  7');
});

describe('layOutTable', () => {
  const columns = [{ title: 'name' }, { title: 'count', align: 'right' as const, minWidth: 5 }];

  it('aligns columns with wide signs', () => {
    const lines = layOutTable(
      columns,
      [
        ['李伟', '1'],
        ['Ann', '12'],
      ],
      { width: 80, paint: plain },
    );
    expect(lines).toEqual(['name  count', '────  ─────', '李伟      1', 'Ann      12']);
  });

  it('cuts nothing where there is no terminal', () => {
    const long = 'x'.repeat(300);
    const lines = layOutTable([{ title: 'a' }, { title: 'b' }], [[long, '1']], {
      width: Number.POSITIVE_INFINITY,
      paint: plain,
    });
    expect(lines[2]).toBe(`${long}  1`);
    expect(lines.join('\n')).not.toContain('…');
  });

  it('leaves out other columns before one that is to be kept', () => {
    const wide = [{ title: 'row' }, { title: 'b' }, { title: 'c' }, { title: 'error', minWidth: 10, keep: true }];
    const lines = layOutTable(wide, [['1', 'two', 'three', 'wrong: it']], { width: 26, paint: plain });
    expect(lines[0]).toBe('row  b    error');
    expect(lines.at(-1)).toBe('not shown: c');
  });

  it('takes room from the widest column first, and never exceeds the width', () => {
    const rows = [['a very long name indeed, too long for it', '7']];
    const lines = layOutTable(columns, rows, { width: 20, paint: plain });
    for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(20);
    expect(lines[2]).toBe('a very long …      7');
  });

  it('names the columns that find no room', () => {
    const many = Array.from({ length: 9 }, (_, at) => ({ title: `column ${at}`, minWidth: 8 }));
    const lines = layOutTable(many, [many.map(() => 'x')], { width: 40, paint: plain });
    expect(lines.at(-1)).toMatch(/^not shown: column 4, /);
    for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(40);
  });
});

describe('createWordWrap', () => {
  it('breaks between words, however the text is cut into pieces', () => {
    const text = 'one two three four five\nsix seven';
    for (const size of [1, 2, 3, 7, 100]) {
      const wrap = createWordWrap(9);
      let out = '';
      for (let at = 0; at < text.length; at += size) out += wrap.add(text.slice(at, at + size));
      expect(out + wrap.end()).toBe('one two\nthree\nfour five\nsix seven');
    }
  });

  it('keeps indentation and text as they are without a width', () => {
    const wrap = createWordWrap(Number.POSITIVE_INFINITY);
    expect(wrap.add('  - a  b\n\n    c') + wrap.end()).toBe('  - a  b\n\n    c');
  });
});
