import { describe, expect, it } from 'vitest';
import { cutFields, fillPrompt, placeholdersIn, strayPlaceholders } from '../../src/protocol/prompt-template.ts';

const fill = (user: string, input: Record<string, unknown>, placeholders = Object.keys(input)): string =>
  fillPrompt({ user, placeholders }, input as never, 1000);

describe('filling a prompt', () => {
  it.each([
    ['both kinds of braces', '{a} {{a}} {{ a }}', { a: 'x' }, 'x x x'],
    ['braces around a placeholder', '{{{a}}}', { a: 'x' }, '{x}'],
    ['other braces', '{"b": {b}, "c": {{c}}, "d": {}} {a}', { a: 'x' }, '{"b": {b}, "c": {{c}}, "d": {}} x'],
    ['placeholders in values', '{a}{b}', { a: '{b}{{b}}', b: '{a}' }, '{b}{{b}}{a}'],
    ['replacement patterns in values', '<{a}>', { a: "$& $1 $' $$" }, "<$& $1 $' $$>"],
    ['names with blanks and signs', '{Street (1)} {a.b} {axb}', { 'Street (1)': 'x', 'a.b': 'y' }, 'x y {axb}'],
    ['names that begin alike', '{a}{ab}', { a: '1', ab: '2' }, '12'],
    ['names of the prototype', '{constructor}', { constructor: 'x' }, 'x'],
    [
      'values that are no text',
      '{a} {b} {c} {d}',
      { a: 1.5, b: true, c: { k: ['v'] }, d: null },
      '1.5 true {"k":["v"]} ',
    ],
  ])('treats %s', (_what, user, input, expected) => {
    expect(fill(user, input)).toBe(expected);
  });

  it.each([
    ['{{order.total}}', '9.5'],
    ['{order.items}', '["a"]'],
    ['<{order.items.length}>', '<>'],
    ['<{order.total.x}>', '<>'],
    ['<{order.toString}>', '<>'],
    ['{a.b}', 'the field itself'],
  ])('reads a name with dots that is no field as a path of keys: %s', (user, expected) => {
    const input = { order: { total: 9.5, items: ['a'] }, 'a.b': 'the field itself', a: { b: 'no' } };
    const names = ['order.total', 'order.items', 'order.items.length', 'order.total.x', 'order.toString', 'a.b'];
    expect(fill(user, input, names)).toBe(expected);
  });

  it('leaves a missing value empty, whatever the prototype has', () => {
    expect(fill('<{toString}>', {}, ['toString'])).toBe('<>');
  });

  it('cuts what is longer than the limit, so that it and its mark fit into the limit, and says which', () => {
    const input = { a: 'x'.repeat(51), b: 'y'.repeat(50) };
    const template = { user: '{a}|{b}|{a}', placeholders: ['a', 'b'] };
    const cut = `${'x'.repeat(15)}… [36 more characters were cut off]`;
    expect(cut).toHaveLength(50);
    expect(fillPrompt(template, input, 50)).toBe(`${cut}|${input.b}|${cut}`);
    expect(cutFields(template, input, 50)).toEqual(['a']);
  });

  it.each([38, 39, 45, 46, 99, 100, 101, 400, 1000])('fills a limit of %i to the last character it can', (limit) => {
    for (let more = 1; more < 1100; more += 7) {
      const text = fillPrompt({ user: '{a}', placeholders: ['a'] }, { a: 'x'.repeat(limit + more) }, limit);
      // One character may stay free where the number in the mark would get a digit more by it.
      expect(limit - text.length).toBeLessThanOrEqual(1);
      expect(text.length).toBeLessThanOrEqual(limit);
      const [, kept, cut] = /^(x*)… \[(\d+) more/.exec(text) ?? [];
      expect(Number(cut) + (kept?.length ?? 0)).toBe(limit + more);
    }
  });

  it('counts characters, not UTF-16 units, and cuts none in two', () => {
    const template = { user: '{a}', placeholders: ['a'] };
    const fits = '🙂'.repeat(50);
    expect(fillPrompt(template, { a: fits }, 50)).toBe(fits);
    const text = fillPrompt(template, { a: '🙂'.repeat(60) }, 50);
    expect(text).toBe(`${'🙂'.repeat(15)}… [45 more characters were cut off]`);
    expect(Array.from(text)).toHaveLength(50);
  });

  it('leaves the mark out where the limit has no room for it', () => {
    expect(fillPrompt({ user: '{a}', placeholders: ['a'] }, { a: 'xx🙂yz' }, 3)).toBe('xx🙂');
  });
});

it('tells declared placeholders from what only looks like one', () => {
  const user = '{a} {{b}} {"c": 1} {d} {{e}}';
  expect(placeholdersIn(user, ['a', 'b', 'z'])).toEqual(['a', 'b']);
  expect(strayPlaceholders({ user, placeholders: ['a', 'b'] })).toEqual(['d', 'e']);
});
