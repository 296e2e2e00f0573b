import { parse } from 'csv-parse/sync';
import { expect, test } from 'vitest';
import { type Separators, splitQuoted } from '../../src/tables/formats/split-quoted.ts';

const COMMA: Separators = { delimiter: ',', quote: '"', lineEnd: '\n' };

/** The same by csv-parse, as the reader of CSV asks it. */
function reference(text: string, { delimiter, quote, lineEnd }: Separators): string[][] {
  const lineEnds = lineEnd === '\r' ? ['\r'] : text.includes('\r') ? ['\r\n', '\n'] : ['\n'];
  return parse(text, {
    delimiter,
    quote,
    escape: quote,
    record_delimiter: lineEnds,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
  });
}

test('reads quoted, doubled, empty and unquoted cells', () => {
  const text = 'a,"b, c","d ""e"""\r\n"","f\ng",\r\n\nh"i,j ,"k"';
  expect(splitQuoted(text, COMMA)).toEqual([
    ['a', 'b, c', 'd "e"'],
    ['', 'f\ng', ''],
    ['h"i', 'j ', 'k'],
  ]);
});

test('leaves text after a closing quote, and a quote that is never closed, to csv-parse', () => {
  expect(splitQuoted('"a"b,c\n', COMMA)).toBeUndefined();
  expect(splitQuoted('a,"b\n', COMMA)).toBeUndefined();
});

test('gives what csv-parse gives for any text that it reads', () => {
  let state = 20_261_122;
  const random = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const pieces = ['a', 'bc', ' ', 'é', '"', '""', '"d"', '"e,f"', '"g\nh"', '"i""j"', ',', ',', '\n', '\r\n', '\r'];
  let compared = 0;
  for (let round = 0; round < 20_000; round += 1) {
    const separators = round % 5 === 0 ? { ...COMMA, lineEnd: '\r' as const } : COMMA;
    const text = Array.from({ length: 1 + random(14) }, () => pieces[random(pieces.length)]).join('');
    const split = splitQuoted(text, separators);
    if (split === undefined) continue;
    compared += 1;
    expect(split, JSON.stringify(text)).toEqual(reference(text, separators));
  }
  expect(compared).toBeGreaterThan(5_000);
});
