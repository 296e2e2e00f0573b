import { expect, test } from 'vitest';
import { ExactNumber } from '../../../src/base/json/exact-number.ts';
import type { Json } from '../../../src/protocol/messages.ts';
import { coerce } from '../../../src/runner/rows/coerce.ts';

const cases: [cell: Json, type: string | string[], value: Json][] = [
  ['007', 'string', '007'],
  [7, 'string', '7'],
  [{ a: 1 }, 'string', '{"a":1}'],
  [' 42 ', 'integer', 42],
  ['5.0', 'integer', 5],
  ['1e3', 'integer', 1000],
  ['-3.5', 'number', -3.5],
  ['.5', 'number', 0.5],
  ['Yes', 'boolean', true],
  ['0', 'boolean', false],
  [1, 'boolean', true],
  [false, 'boolean', false],
  ['', 'null', null],
  ['[1, 2]', 'array', [1, 2]],
  ['{"a": null}', 'object', { a: null }],
  ['12', ['integer', 'string'], 12],
  ['twelve', ['integer', 'string'], 'twelve'],
  ['', ['integer', 'null'], null],
];

test('keeps every digit of a number beyond 2^53', () => {
  const digits = (cell: Json, type: string) => {
    const coerced = coerce(cell, { type });
    return coerced.ok ? JSON.stringify(coerced.value) : coerced.reason;
  };
  expect(digits('9007199254740993', 'integer')).toBe('9007199254740993');
  expect(digits(' +0012345678901234567890 ', 'integer')).toBe('12345678901234567890');
  expect(digits('-12345678901234567.89', 'number')).toBe('-12345678901234567.89');
  expect(digits(new ExactNumber('9007199254740993'), 'integer')).toBe('9007199254740993');
  expect(digits(new ExactNumber('9007199254740993'), 'string')).toBe('"9007199254740993"');
  expect(digits('[9007199254740993]', 'array')).toBe('[9007199254740993]');
});

test.each(cases)('brings %j to %j', (cell, type, value) => {
  expect(coerce(cell, { type })).toEqual({ ok: true, value });
});

const refused: [cell: Json, type: string][] = [
  ['1,5', 'number'],
  ['0x10', 'number'],
  ['12abc', 'number'],
  ['', 'number'],
  ['Infinity', 'number'],
  ['1e999', 'number'],
  ['1.5', 'integer'],
  ['12345678901234567.5', 'integer'],
  ['maybe', 'boolean'],
  [2, 'boolean'],
  ['{"a":1}', 'array'],
  ['[1]', 'object'],
  ['null', 'object'],
  ['{broken', 'object'],
  [null, 'string'],
  ['x', 'null'],
];

test.each(refused)('refuses %j as %s, in words', (cell, type) => {
  expect(coerce(cell, { type })).toEqual({ ok: false, reason: `${JSON.stringify(cell)} is not of type ${type}` });
});

test('leaves a cell as it is where no type is asked for', () => {
  expect(coerce('12', undefined)).toEqual({ ok: true, value: '12' });
  expect(coerce('12', { enum: ['12'] })).toEqual({ ok: true, value: '12' });
});

test('shows only the beginning of a long cell', () => {
  const coerced = coerce('x'.repeat(500), { type: 'number' });
  expect(coerced.ok ? '' : coerced.reason).toHaveLength('… is not of type number'.length + 57);
});
