import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { vectorFieldOf } from '../../src/protocol/vector-field.ts';
import { isEmbeddingModel } from '../../src/providers/catalog.ts';
import { parseAgent } from '../../src/registry/parse-agent.ts';

const SCHEMA = { type: 'object', properties: { embedding: { type: 'array', items: { type: 'number' } } } };
const MODEL = { provider: 'openai', model: 'text-embedding-3-small' };
const parse = (overrides: object = {}) =>
  parseAgent({ name: 'a', model: MODEL.model, structured_output: { schema: SCHEMA }, ...overrides }, '/project');
const faultsOf = (overrides: object) => {
  const parsed = parse(overrides);
  if (!('faults' in parsed)) throw new AppError('internal', 'the agent was accepted');
  return parsed.faults.map(({ path, message }) => `${path.join('.')} ${message}`);
};

describe('an agent of an embedding model', () => {
  it('needs no instructions, and may have a prompt', () => {
    const prompt = { user: '{title} {text}', placeholders: ['title', 'text'] };
    expect(parse({ prompt })).toMatchObject({
      definition: { model: MODEL, instructions: 'Give the vector of the text.', prompt },
    });
    expect(parse({ model: MODEL, instructions: 'Mine.' })).toMatchObject({ definition: { instructions: 'Mine.' } });
    expect(faultsOf({ model: 'gpt-5.1' })).toEqual(['instructions is missing (string expected)']);
  });

  it.each([
    ['a tool', { tools: [{ module: './a.mjs' }] }, /^tools have to be left out for text-embedding-3-small/],
    ['no answer', { structured_output: { enabled: false } }, /^structured_output has to be enabled/],
    [
      'answers in text',
      { structured_output: { mode: 'text', schema: SCHEMA } },
      /^structured_output.mode has to be left/,
    ],
    ['a fallback', { model: { ...MODEL, fallback: 'text-embedding-ada-002' } }, /^model.fallback .*can't be compared/],
    [
      'a field of words',
      { structured_output: { schema: { type: 'object', properties: { a: { type: 'string' } } } } },
      /^structured_output.schema has to have one property .*an array of numbers/,
    ],
  ])('with %s is refused', (_what, overrides, message) => {
    expect(faultsOf(overrides)).toEqual([expect.stringMatching(message)]);
  });

  it('may not be what an agent that writes falls back to', () => {
    const model = { provider: 'openai', model: 'gpt-5.1', fallback: 'text-embedding-3-small' };
    expect(faultsOf({ model, instructions: 'x' })).toEqual([expect.stringMatching(/^model.fallback .*gives vectors/)]);
  });
});

describe('a name of an embedding model', () => {
  it.each([
    ['openai', 'text-embedding-ada-002', true],
    ['openai', 'gpt-5.1', false],
    ['openai', 'ft:gpt-4o-mini:us:embedder:1', false],
    ['openai-compatible', 'nomic-embed-text:latest', true],
    ['openai-compatible', 'BAAI/bge-m3', true],
    ['openai-compatible', 'sentence-transformers/all-MiniLM-L6-v2', true],
    ['openai-compatible', 'Qwen/Qwen3-Embedding-8B', true],
    ['openai-compatible', 'llama-4', false],
    ['gemini', 'text-embedding-004', false],
  ])('of %s: %s is one: %s', (provider, model, expected) => {
    expect(isEmbeddingModel({ provider, model })).toBe(expected);
  });
});

describe('the field that takes a vector', () => {
  const numbers = { type: 'array', items: { type: 'number' } };

  it.each<[string | undefined, object]>([
    ['embedding', SCHEMA],
    ['v', { type: 'object', properties: { v: { ...numbers, minItems: 3 } }, required: ['v'] }],
    [undefined, { type: 'object' }],
    [undefined, { type: 'object', properties: {} }],
    [undefined, { type: 'object', properties: { a: numbers, b: numbers } }],
    [undefined, { type: 'object', properties: { a: { type: 'array' } } }],
    [undefined, { type: 'object', properties: { a: { type: 'array', items: { type: 'integer' } } } }],
    [undefined, { type: 'object', properties: { a: { type: 'number' } } }],
  ])('is %s', (field, schema) => {
    expect(vectorFieldOf({ ...schema })).toBe(field);
  });
});
