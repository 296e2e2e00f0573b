import { describe, expect, it } from 'vitest';
import { compileSchema } from '../../../src/base/schema/schema.ts';
import type { JsonSchema, ToolSpec } from '../../../src/protocol/messages.ts';
import { toTools } from '../../../src/providers/anthropic/anthropic-tools.ts';
import { lowerSchema } from '../../../src/providers/shared/strict-schema.ts';

const text = { type: 'string' };

function object(properties: Record<string, unknown>, rest: JsonSchema = {}): JsonSchema {
  return { type: 'object', properties, ...rest };
}

function lowered(schema: JsonSchema): JsonSchema {
  const outcome = lowerSchema(schema);
  if (!outcome.strict) throw new Error(`it is not lowered: ${outcome.why}`);
  return outcome.schema;
}

describe('a schema that strict mode takes', () => {
  it('has every object closed, at every depth', () => {
    const schema = object({
      a: object({ b: text }, { required: ['b'] }),
      list: { type: 'array', items: object({ c: text }) },
    });
    expect(lowered(schema)).toEqual({
      type: 'object',
      properties: {
        a: { type: 'object', properties: { b: text }, required: ['b'], additionalProperties: false },
        list: {
          type: 'array',
          items: { type: 'object', properties: { c: text }, required: [], additionalProperties: false },
        },
      },
      required: [],
      additionalProperties: false,
    });
  });

  it('says in the description what strict mode does not check', () => {
    const n = { type: 'integer', minimum: 0, maximum: 9, description: 'A digit.' };
    const s = { type: 'string', minLength: 2, pattern: '^a' };
    expect(lowered(object({ n, s }))['properties']).toEqual({
      n: { type: 'integer', description: 'A digit. (minimum: 0, maximum: 9)' },
      s: { type: 'string', description: '(minLength: 2, pattern: "^a")' },
    });
  });

  it('keeps the formats and list sizes that strict mode knows, and words the others', () => {
    const list = (minItems: number) => ({ type: 'array', items: text, minItems });
    const schema = object({
      d: { ...text, format: 'date' },
      p: { ...text, format: 'phone' },
      one: list(1),
      two: list(2),
    });
    expect(lowered(schema)['properties']).toEqual({
      d: { ...text, format: 'date' },
      p: { ...text, description: '(format: phone)' },
      one: { type: 'array', items: text, minItems: 1 },
      two: { type: 'array', items: text, description: '(minItems: 2)' },
    });
  });

  it('inlines references, with what stands beside them', () => {
    const schema = object(
      {
        home: { $ref: '#/$defs/place', description: 'Where they live.' },
        work: { allOf: [{ $ref: '#/$defs/place' }] },
      },
      {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        $defs: { place: object({ city: text }, { required: ['city'] }) },
      },
    );
    const place = { ...object({ city: text }, { required: ['city'] }), additionalProperties: false };
    expect(lowered(schema)).toEqual({
      ...object({ home: { ...place, description: 'Where they live.' }, work: place }),
      required: [],
      additionalProperties: false,
    });
  });

  it('counts optional fields and unions', () => {
    const schema = object(
      { a: text, b: { type: ['string', 'null'] }, c: { oneOf: [text, { type: 'number' }] }, d: { enum: ['x', null] } },
      { required: ['a'] },
    );
    expect(lowerSchema(schema)).toMatchObject({ strict: true, optional: 3, unions: 2 });
    expect(lowered(schema)['properties']).toMatchObject({
      b: { anyOf: [text, { type: 'null' }] },
      c: { anyOf: [text, { type: 'number' }] },
      d: { enum: ['x', null] },
    });
  });

  it('leaves the schema it was made of as it is', () => {
    const schema = object({ a: { type: 'array', items: object({ b: { ...text, minLength: 1 } }) } });
    const before = structuredClone(schema);
    lowerSchema(schema);
    expect(schema).toEqual(before);
  });

  it('admits every answer that fits the schema itself and brings no other field', () => {
    const schema = object(
      {
        kind: { enum: ['a', 'b'] },
        score: { type: ['number', 'null'], minimum: 0 },
        when: { ...text, format: 'date' },
        parts: { type: 'array', items: { anyOf: [text, object({ id: { type: 'integer' } }, { required: ['id'] })] } },
        flag: { const: true },
      },
      { required: ['kind', 'parts'] },
    );
    const own = compileSchema(schema, 'own');
    const strict = compileSchema(lowered(schema), 'lowered');
    for (const kind of ['a', 'b', 'c'])
      for (const score of [0, 3.5, -1, null, 'x', undefined])
        for (const parts of [[], ['x'], [{ id: 1 }], [{ id: 'x' }], 'x'])
          for (const rest of [{}, { flag: true }, { flag: false }, { when: '2026-01-02' }]) {
            const answer = { kind, parts, ...(score === undefined ? {} : { score }), ...rest };
            if (own(answer).valid) expect(strict(answer), JSON.stringify(answer)).toEqual({ valid: true });
          }
  });
});

describe('a schema that strict mode does not take', () => {
  const tree = object(
    { child: { $ref: '#/$defs/node' } },
    { $defs: { node: object({ child: { $ref: '#/$defs/node' } }) } },
  );
  const doubling = Object.fromEntries(
    Array.from({ length: 12 }, (_, level) => [
      `l${level}`,
      level === 0 ? text : object({ a: { $ref: `#/$defs/l${level - 1}` }, b: { $ref: `#/$defs/l${level - 1}` } }),
    ]),
  );
  it.each<[string, JsonSchema, string]>([
    ['a map', object({ a: { type: 'object', additionalProperties: text } }), '"a" takes additional properties'],
    ['an open object', object({ a: text }, { additionalProperties: true }), 'its root takes additional properties'],
    ['an object of any shape', object({ a: { type: 'object' } }), '"a" is an object of any shape'],
    ['a value of any type', object({ a: { b: {} } }), '"a" takes any value'],
    ['a list of anything', object({ a: { type: 'array' } }), '"a[]" takes any value'],
    ['a tuple', object({ a: { type: 'array', prefixItems: [text], items: text } }), '"a" uses prefixItems'],
    ['recursion', tree, '"child.child" is recursive'],
    ['recursion to its root', object({ a: { $ref: '#' } }), '"a" is recursive'],
    ['a reference elsewhere', object({ a: { $ref: 'https://example.com/a.json' } }), '"a" refers to https'],
    ['a reference to nothing', object({ a: { $ref: '#/$defs/a' } }), 'which is not there'],
    ['several parts at once', object({ a: { allOf: [object({ b: text }), object({ c: text })] } }), '"a" uses allOf'],
    ['a condition', object({ a: text }, { if: {}, else: {} }), 'its root uses if'],
    ['a required field that is not listed', object({ a: text }, { required: ['b'] }), 'requires "b"'],
    ['values that are not plain', object({ a: { enum: [{ b: 1 }] } }), '"a" lists values that are not plain'],
    ['references that multiply', object({ a: { $ref: '#/$defs/l11' } }, { $defs: doubling }), 'more than 1000 parts'],
    ['a list at its root', { type: 'array', items: text }, 'its root is not an object'],
  ])('is plain: %s', (_name, schema, why) => {
    expect(lowerSchema(schema)).toEqual({ strict: false, why: expect.stringContaining(why) });
  });
});

describe('the tools of a request', () => {
  const spec = (name: string, optional: number): ToolSpec => ({
    name,
    description: name,
    inputSchema: object(Object.fromEntries(Array.from({ length: optional }, (_, index) => [`f${index}`, text]))),
  });
  const strictOf = (specs: ToolSpec[]) => toTools(specs, true).map((tool) => tool.strict === true);

  it('are made once for each list', () => {
    const specs = [spec('a', 1)];
    expect(toTools(specs, true)).toBe(toTools(specs, true));
    expect(toTools(specs, false)).not.toBe(toTools(specs, true));
  });

  it('are strict from the last one back, at most 20 of them', () => {
    const specs = Array.from({ length: 23 }, (_, index) => ({
      ...spec(`t${index}`, 1),
      inputSchema: object({ f: text }, { required: ['f'] }),
    }));
    expect(strictOf(specs)).toEqual([...Array(3).fill(false), ...Array(20).fill(true)]);
  });

  it('are strict while 24 optional fields last, the answer first', () => {
    expect(strictOf([spec('a', 4), spec('b', 10), spec('c', 5), spec('answer', 12)])).toEqual([
      true,
      false,
      true,
      true,
    ]);
  });

  it('go out as their own schemas when strict mode is refused', () => {
    const specs = [spec('a', 1)];
    expect(toTools(specs, false)).toEqual([{ name: 'a', description: 'a', input_schema: specs[0]?.inputSchema }]);
  });
});
