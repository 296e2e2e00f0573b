import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { parse } from 'yaml';
import { type ParsedAnswer, parseAnswer } from '../../../src/agent/answer/answer-text.ts';
import { ExactNumber } from '../../../src/base/json/exact-number.ts';
import { compileSchema } from '../../../src/base/schema/schema.ts';

interface Case {
  is: string;
  text: string;
  cut?: true;
  gives?: unknown;
  refused?: ParsedAnswer['parse_status'];
}

const cases = parse(
  readFileSync(new URL('../../fixtures/answers/answers.yaml', import.meta.url), 'utf8'),
) as readonly Case[];

const validate = compileSchema(
  {
    type: 'object',
    properties: {
      name: { type: 'string' },
      note: { type: 'string' },
      price: { type: 'number' },
      qty: { type: 'integer' },
      ok: { type: 'boolean' },
      tags: { type: 'array', items: { type: 'string' } },
      maker: { type: 'object', properties: { name: { type: 'string' } }, additionalProperties: false },
      id: { type: ['string', 'integer'] },
    },
    required: ['name'],
    additionalProperties: false,
  },
  'the schema of the corpus',
);

/** `{digits: …}` stands for a number that a JavaScript number can't hold. */
function withNumbers(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  if ('digits' in value) return new ExactNumber(String(value.digits));
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, withNumbers(field)]));
}

test('holds at least 60 answers, each with one expectation', () => {
  expect(cases.length).toBeGreaterThanOrEqual(60);
  expect(new Set(cases.map(({ is }) => is)).size).toBe(cases.length);
  for (const { is, gives, refused } of cases) expect((gives === undefined) !== (refused === undefined), is).toBe(true);
});

for (const { is, text, cut, gives, refused } of cases) {
  test(`${refused === undefined ? 'reads' : 'refuses'} ${is}`, () => {
    const parsed = parseAnswer(text, { validate, stopReason: cut ? 'max_tokens' : 'end_turn' });
    if (refused === undefined) {
      expect(parsed).toMatchObject({ parse_status: 'success' });
      expect('value' in parsed && parsed.value).toEqual(withNumbers(gives));
      return;
    }
    expect(parsed.parse_status).toBe(refused);
    expect(parsed).not.toHaveProperty('value');
    expect('errors' in parsed && parsed.errors.length).toBeGreaterThan(0);
  });

  test(`never makes other data of ${is} without a schema`, () => {
    const parsed = parseAnswer(text, { stopReason: cut ? 'max_tokens' : 'end_turn' });
    if (parsed.parse_status === 'json_only' && gives !== undefined) expect(parsed.value).toEqual(withNumbers(gives));
    else expect(parsed.parse_status).not.toBe('success');
  });
}

test('says that a model refused', () => {
  expect(parseAnswer('I can not', { stopReason: 'refusal' }).parse_status).toBe('error');
});

test('answers in good time when an answer is nothing but brackets', () => {
  const began = performance.now();
  for (const text of ['['.repeat(200_000), '{'.repeat(200_000), '{"a":'.repeat(50_000), '"'.repeat(200_000)]) {
    expect(parseAnswer(text, { validate }).parse_status).toBe('json_failed');
  }
  expect(performance.now() - began).toBeLessThan(5000);
});

describe('the first complete object, where it counts by itself', () => {
  const validate = compileSchema(
    { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'], additionalProperties: false },
    'test',
  );
  const read = (text: string, more: object = {}) => parseAnswer(text, { validate, takesFirst: true, ...more });

  it.each(['{"a": 1}}', '{"a": 1} {"a": 2}', '```json\n{"a": 1}\n```\n{"a": 2, "b": 3', '{"a": 1}\nor "a": 2}'])(
    'is taken of %j',
    (text) => {
      expect(read(text)).toMatchObject({
        parse_status: 'success',
        value: { a: 1 },
        readings: ['the first object of the answer'],
      });
      expect(parseAnswer(text, { validate }).parse_status).not.toBe('success');
    },
  );

  it.each(['{"b": 1} {"a": "x"}}', '"a": 1} {"c": 1}', '{"a": 1', 'no object'])('is not taken of %j', (text) => {
    expect(read(text).parse_status).not.toBe('success');
  });

  it('is not taken of an answer that was cut off', () => {
    expect(read('{"a": 1} {"a": 2', { stopReason: 'max_tokens' }).parse_status).toBe('json_failed');
  });
});
