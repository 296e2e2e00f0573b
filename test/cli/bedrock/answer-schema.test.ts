import { expect, test } from 'vitest';
import { compileSchema } from '../../../src/base/schema/schema.ts';
import { answerFields, toAnswerSchema } from '../../../src/cli/bedrock/answer-schema.ts';

const SCHEMA = toAnswerSchema({
  $schema: 'http://json-schema.org/draft-07/schema#',
  properties: {
    category: { type: 'string', enum: ['a', 'b'] },
    grade: { enum: ['x', 'y'] },
    parts: {
      type: 'array',
      items: { properties: { name: { type: 'string' }, size: { type: 'number' } }, required: ['name'] },
    },
    other: { anyOf: [{ type: 'string' }, { type: 'number' }] },
    must: { type: 'integer' },
  },
  required: ['must'],
  processing_config: { response_model_name: 'Answer' },
});
const check = compileSchema(SCHEMA, 'it');

test('is of an object, and holds nothing that is meant for other programs', () => {
  expect(Object.keys(SCHEMA)).toEqual(['type', 'properties', 'required']);
  expect(answerFields(SCHEMA)).toEqual(['category', 'grade', 'parts', 'other', 'must']);
});

test('lets fields that are not required be null, at every depth, and no others', () => {
  const nulls = { category: null, grade: null, parts: [{ name: 'x', size: null }], must: 1 };
  expect(check(nulls)).toEqual({ valid: true });
  expect(check({ must: null })).toMatchObject({ valid: false });
  expect(check({ must: 1, parts: [{ name: null }] })).toMatchObject({ valid: false });
  expect(check({ must: 1, category: 'c' })).toMatchObject({ valid: false });
  // What a keyword of its own allows is not touched.
  expect(check({ must: 1, other: null })).toMatchObject({ valid: false });
});
