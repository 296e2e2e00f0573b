import { BSON, Decimal128, Long } from 'mongodb';
import { expect, it } from 'vitest';
import { parseJson } from '../../../../src/base/json/exact-number.ts';
import { bytesAtMost, toBson } from '../../../../src/tables/mongodb/documents/to-bson.ts';

it('stores long numbers of an answer with every digit', () => {
  const answer = parseJson('{"id": 9007199254740993, "sum": 123456789012345678901234567890, "n": 1.5}');
  const stored = toBson(answer) as { id: Long; sum: Decimal128; n: number };
  expect([String(stored.id), String(stored.sum), stored.n]).toEqual([
    '9007199254740993',
    '123456789012345678901234567890',
    1.5,
  ]);
  expect(stored.id).toBeInstanceOf(Long);
  expect(stored.sum).toBeInstanceOf(Decimal128);
});

it('copies nothing that has no long numbers', () => {
  const answer = { list: [1, { deep: 'text' }] };
  expect(toBson(answer)).toBe(answer);
});

it.each([
  ['an empty object', '{}'],
  ['an empty list', '[]'],
  ['plain values', '{"a": null, "b": true, "c": 1, "d": -1.5e300, "e": "", "f": {}, "g": []}'],
  ['letters of two to four bytes', '{"ü€🙂": "ü€🙂 \\u0000 \\ud800"}'],
  ['a long list', `[${'1,'.repeat(20_000)}1]`],
  ['a long list of nothing', `[${'null,'.repeat(20_000)}{"a": [[[]]]}]`],
  ['long numbers', `{"a": 9007199254740993, "b": 123456789012345678901234567890, "c": ${'7'.repeat(400)}}`],
  ['a long name', `{"${'€'.repeat(5_000)}": "${'€'.repeat(5_000)}"}`],
])('never expects too few bytes of %s', (_, json) => {
  const value = parseJson(json);
  const bytes = BSON.calculateObjectSize({ v: toBson(value) }) - BSON.calculateObjectSize({ v: null });
  expect(bytesAtMost(value)).toBeGreaterThanOrEqual(bytes);
});

it('expects no place for a name that can not be stored, wherever it stands', () => {
  expect(bytesAtMost({ list: [{ 'a\0b': 1 }] })).toBe(Number.POSITIVE_INFINITY);
  expect(bytesAtMost({ list: [{ a: '\0' }] })).toBeLessThan(100);
});
