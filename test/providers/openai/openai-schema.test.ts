import { describe, expect, it } from 'vitest';
import { compileSchema } from '../../../src/base/schema/schema.ts';
import type { JsonSchema } from '../../../src/protocol/messages.ts';
import { toStrictForm } from '../../../src/providers/openai/openai-schema.ts';

const PERSON: JsonSchema = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    nick: { type: 'string' },
    site: { type: 'string', format: 'uri' },
    level: { enum: ['low', 'high'] },
    maybe: { type: ['string', 'null'] },
    address: {
      type: 'object',
      properties: { street: { type: 'string' }, flat: { type: 'integer' } },
      required: ['street'],
      additionalProperties: false,
    },
    jobs: {
      type: 'array',
      items: {
        type: 'object',
        properties: { title: { type: 'string' }, since: { type: 'number' } },
        required: ['title'],
        additionalProperties: false,
      },
    },
  },
  required: ['name', 'site'],
  additionalProperties: false,
};

describe('the strict form of a schema', () => {
  it('requires every field, and lets an optional one be null', () => {
    const form = toStrictForm(PERSON);
    expect(form?.schema).toMatchObject({
      required: ['name', 'nick', 'site', 'level', 'maybe', 'address', 'jobs'],
      properties: {
        name: { type: 'string' },
        nick: { anyOf: [{ type: 'string' }, { type: 'null' }] },
        site: { type: 'string', description: '(format: uri)' },
        level: { anyOf: [{ type: 'string', enum: ['low', 'high'] }, { type: 'null' }] },
        maybe: { anyOf: [{ type: 'string' }, { type: 'null' }] },
        address: {
          anyOf: [
            { required: ['street', 'flat'], properties: { flat: { anyOf: [{ type: 'integer' }, { type: 'null' }] } } },
            { type: 'null' },
          ],
        },
        jobs: { anyOf: [{ type: 'array', items: { required: ['title', 'since'] } }, { type: 'null' }] },
      },
    });
    expect(JSON.stringify(form?.schema)).not.toContain('"format"');
  });

  it('gives answers back as the schema itself wants them: nulls of optional fields dropped, meant ones kept', () => {
    const restored = toStrictForm(PERSON)?.restore({
      name: 'Ada',
      nick: null,
      site: 'https://a.example',
      level: null,
      maybe: null,
      address: { street: 'High St', flat: null },
      jobs: [
        { title: 'analyst', since: null },
        { title: 'poet', since: 1830 },
      ],
    });
    expect(restored).toEqual({
      name: 'Ada',
      site: 'https://a.example',
      maybe: null,
      address: { street: 'High St' },
      jobs: [{ title: 'analyst' }, { title: 'poet', since: 1830 }],
    });
    expect(compileSchema(PERSON, 'it')(restored)).toEqual({ valid: true });
  });

  it('leaves a null of a required field, which is the fault of the model, to be told', () => {
    const restored = toStrictForm(PERSON)?.restore({ name: null, site: 'https://a.example', address: null });
    expect(restored).toEqual({ name: null, site: 'https://a.example' });
  });

  it.each<[string, JsonSchema]>([
    ['an open object', { type: 'object', properties: { any: { type: 'object' } } }],
    [
      'two kinds of objects, one with optional fields',
      {
        type: 'object',
        properties: {
          either: {
            anyOf: [
              { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false },
              { type: 'object', properties: { b: { type: 'string' } }, required: ['b'], additionalProperties: false },
            ],
          },
        },
        additionalProperties: false,
      },
    ],
  ])('is not made of %s', (_name, schema) => {
    expect(toStrictForm(schema)).toBeUndefined();
  });
});
