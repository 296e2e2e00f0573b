import { expect, it } from 'vitest';
import { answerTokens } from '../../../src/runner/forecast/answer-tokens.ts';

const expected = (properties: object, more: object = { required: Object.keys(properties) }) =>
  answerTokens({ type: 'object', properties, ...more }).expected;
const text = (more: object = {}) => expected({ field: { type: 'string', ...more } });

it('a longer text is expected where the description asks for one', () => {
  const lengths = ['One word.', 'A sentence.', 'Two to three sentences.', 'A paragraph.', 'Two paragraphs.'];
  const tokens = lengths.map((description) => text({ description }));
  expect(tokens).toEqual(tokens.toSorted((a, b) => a - b));
  expect(new Set(tokens).size).toBe(lengths.length);
  expect(text({ description: 'Two short paragraphs.' })).toBeLessThan(text({ description: 'Two paragraphs.' }));
});

it('a text is not expected beyond its longest length', () => {
  expect(text({ description: 'A paragraph.', maxLength: 20 })).toBeLessThan(text({ description: 'A sentence.' }));
});

it('a value of few forms is known closely, a free text is not', () => {
  const widthOf = (schema: object) => {
    const { low, high } = answerTokens({ type: 'object', properties: { field: schema }, required: ['field'] });
    return high / low;
  };
  const free = widthOf({ type: 'string', description: 'A summary.' });
  expect(widthOf({ type: 'boolean' })).toBeLessThan(free);
  expect(widthOf({ type: 'string', enum: ['good', 'bad'] })).toBeLessThan(free);
});

it('more fields, more items, and required fields take more', () => {
  const item = { type: 'string' };
  expect(expected({ a: item, b: item })).toBeGreaterThan(expected({ a: item }));
  expect(expected({ a: { type: 'array', items: item, minItems: 10 } })).toBeGreaterThan(
    3 * expected({ a: { type: 'array', items: item, maxItems: 2 } }),
  );
  expect(expected({ a: item }, {})).toBeLessThan(expected({ a: item }));
});

it('a schema that refers to itself, or is no object, has an answer of some length', () => {
  const endless: Record<string, unknown> = { type: 'object', properties: {}, required: ['next'] };
  endless['properties'] = { next: endless };
  expect(answerTokens(endless).expected).toBeGreaterThan(0);
  expect(answerTokens(undefined).expected).toBeGreaterThan(0);
  expect(answerTokens({ anyOf: [{ type: 'string' }, { type: 'null' }] }).expected).toBeGreaterThan(0);
});
