import { expect, it } from 'vitest';
import { toLinearPattern } from '../../../src/base/schema/linear-pattern.ts';

/** Every character of the basic plane that stands alone. */
const CHARACTERS = Array.from({ length: 0x10000 }, (_, code) => code)
  .filter((code) => code < 0xd800 || code > 0xdfff)
  .map((code) => String.fromCharCode(code));

it.each([
  ...[/^\s$/, /^\S$/, /^[\s]$/, /^[\S]$/, /^[^\s]$/, /^[^\S]$/],
  ...[/^[\s\d]$/, /^[^\S\n]$/, /^[^\s,]$/, /^[\S ]$/, /^[\S\u00a0]$/],
])('%s takes the characters that it takes in JavaScript', (pattern) => {
  const linear = toLinearPattern(pattern);
  expect(CHARACTERS.filter((character) => linear.matches(character) !== pattern.test(character))).toEqual([]);
});

it('keeps a hyphen after a class as it is', () => {
  const linear = toLinearPattern(/^[\S-]+$/);
  expect([linear.matches('a-b'), linear.matches('a b')]).toEqual([true, false]);
});
