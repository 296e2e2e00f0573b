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

  it('leaves a missing value empty, whatever the prototype has', () => {
    expect(fill('<{toString}>', {}, ['toString'])).toBe('<>');
  });

  it('cuts what is longer than the limit, marks it, and says which', () => {
    const input = { a: 'x'.repeat(11), b: 'y'.repeat(10) };
    const template = { user: '{a}|{b}|{a}', placeholders: ['a', 'b'] };
    const cut = `${'x'.repeat(10)}… [1 more characters were cut off]`;
    expect(fillPrompt(template, input, 10)).toBe(`${cut}|${input.b}|${cut}`);
    expect(cutFields(template, input, 10)).toEqual(['a']);
  });

  it('does not cut a character in two', () => {
    const text = fillPrompt({ user: '{a}', placeholders: ['a'] }, { a: 'xx🙂y' }, 3);
    expect(text).toBe('xx… [3 more characters were cut off]');
  });
});

it('tells declared placeholders from what only looks like one', () => {
  const user = '{a} {{b}} {"c": 1} {d} {{e}}';
  expect(placeholdersIn(user, ['a', 'b', 'z'])).toEqual(['a', 'b']);
  expect(strayPlaceholders({ user, placeholders: ['a', 'b'] })).toEqual(['d', 'e']);
});
