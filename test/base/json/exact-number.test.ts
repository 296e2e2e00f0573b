import { expect, test } from 'vitest';
import {
  approximate,
  ExactNumber,
  mayHoldExact,
  parseJson,
  withDigitsAsText,
} from '../../../src/base/json/exact-number.ts';
import { compileSchema } from '../../../src/base/schema/schema.ts';

test.each([
  '{"id":1234567890123456789}',
  '[9007199254740993,-9007199254740993]',
  '{"a":{"b":[12345678901234567.89]}}',
  '1152921504606846976',
  '1e999',
])('writes %s back as it was', (text) => {
  expect(JSON.stringify(parseJson(text))).toBe(text);
});

test.each(['[ 1234567890123456789]', '{"a" : -1234567890123456789}', '\n1.5E+400', '[1,\t-12e400]'])(
  'finds the number of %j that needs every digit',
  (text) => expect(mayHoldExact(text)).toBe(true),
);

test.each(['["6b1e0378ef1234567890abcd"]', '["a1234567890123456"]', '[0.1234567890123456789]', '[1e20]', '[1e-400]'])(
  'is parsed without a look at each number: %s',
  (text) => expect(mayHoldExact(text)).toBe(false),
);

test('leaves numbers alone that lose nothing', () => {
  const text = '{"a":9007199254740991,"b":0.1234567890123456789,"c":1e20,"d":10000000000000000}';
  expect(parseJson(text)).toEqual({ a: 9007199254740991, b: 0.12345678901234568, c: 1e20, d: 1e16 });
});

test('is the same value where there is no exact number', () => {
  const value = { a: [1, { b: 'x' }] };
  expect(approximate(value)).toBe(value);
  expect(withDigitsAsText(value)).toBe(value);
});

test('gives the digits as text, in a copy', () => {
  const value = parseJson('{"a":[1234567890123456789],"b":1}');
  expect(withDigitsAsText(value)).toEqual({ a: ['1234567890123456789'], b: 1 });
  expect(value).toEqual({ a: [new ExactNumber('1234567890123456789')], b: 1 });
});

test('fits a schema as a number', () => {
  const validate = compileSchema(
    { type: 'object', properties: { id: { type: 'integer', minimum: 0 }, name: { type: 'string' } } },
    'the schema',
  );
  expect(validate(parseJson('{"id":1234567890123456789}'))).toEqual({ valid: true });
  expect(validate(parseJson('{"id":-1234567890123456789}'))).toMatchObject({ valid: false });
  expect(validate(parseJson('{"name":1234567890123456789}'))).toMatchObject({ valid: false });
  expect(validate(parseJson('{"id":1e999}'))).toMatchObject({ valid: false });
});
