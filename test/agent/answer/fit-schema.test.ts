import { expect, it } from 'vitest';
import { fitSchema } from '../../../src/agent/answer/fit-schema.ts';
import { ExactNumber, parseJson } from '../../../src/base/json/exact-number.ts';
import { compileSchema } from '../../../src/base/schema/schema.ts';

const validate = compileSchema(
  {
    type: 'object',
    properties: {
      n: { type: 'integer' },
      price: { type: 'number' },
      maybe: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
      ok: { type: 'boolean' },
      name: { type: 'string' },
      either: { type: ['string', 'integer'] },
      tags: { type: 'array', items: { type: 'integer' } },
      'a/b~c': { type: 'object', properties: { n: { type: 'integer' } }, additionalProperties: false },
    },
    additionalProperties: false,
  },
  'the schema',
);

it.each([
  [{ n: '7' }, { n: 7 }],
  [{ n: '-7' }, { n: -7 }],
  [{ n: '1234567890123456789' }, { n: new ExactNumber('1234567890123456789') }],
  [{ price: '1.10' }, { price: 1.1 }],
  [{ price: '2e3' }, { price: 2000 }],
  [{ maybe: '7' }, { maybe: 7 }],
  [{ ok: 'true' }, { ok: true }],
  [{ either: '7' }, { either: '7' }],
  [{ name: parseJson('1234567890123456789') }, { name: '1234567890123456789' }],
  [{ tags: '[1, 2]' }, { tags: [1, 2] }],
  [{ tags: ['1', 2, '3'] }, { tags: [1, 2, 3] }],
  [{ 'a/b~c': '{"n":"5"}' }, { 'a/b~c': { n: 5 } }],
  ['{"n":"7","name":"x"}', { n: 7, name: 'x' }],
  ['"{\\"n\\":7}"', { n: 7 }],
])('%j is read as %j', (given, value) => {
  expect(fitSchema(given, validate)).toMatchObject({ valid: true, value });
});

it.each([
  [{ n: '007' }],
  [{ n: ' 7' }],
  [{ n: '7.5' }],
  [{ n: '1,000' }],
  [{ n: '' }],
  [{ n: 'seven' }],
  [{ n: '0x10' }],
  [{ price: '0.12345678901234567890123' }],
  [{ price: 'Infinity' }],
  [{ ok: 'yes' }],
  [{ ok: 'True' }],
  [{ ok: '1' }],
  [{ name: 7 }],
  [{ tags: '[1, "x"]' }],
  [{ n: '7', colour: 'red' }],
  ['{"n": 7} and more'],
])('%j is not read', (given) => {
  expect(fitSchema(given, validate)).toMatchObject({ valid: false });
});

it('says what it read, and nothing where all fits as it is', () => {
  expect(fitSchema({ n: 7 }, validate)).toEqual({ valid: true, value: { n: 7 }, readings: [] });
  expect(fitSchema({ n: '7', ok: 'false' }, validate)).toMatchObject({
    readings: ['n: a number from text', 'ok: a boolean from text'],
  });
});
