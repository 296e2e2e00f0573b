import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, it } from 'vitest';
import { createAjv } from '../../../src/base/schema/linear-ajv.ts';
import { isPlainSchema } from '../../../src/base/schema/plain-schema.ts';

const ajv = new Ajv2020({ strict: false, logger: false, allErrors: true });

/** Values that are right for some keyword and wrong for others. */
const VALUES: unknown[] = [
  ...[
    true,
    false,
    null,
    0,
    -1,
    3,
    1.5,
    Number.NaN,
    '',
    'string',
    'text',
    '#/$defs/a',
    '#a',
    '# a',
    'a b',
    '/x',
    '[',
    '(?=a)',
    '(a)\\1',
  ],
  ...[
    [],
    ['string'],
    ['string', 'null'],
    ['a', 'a'],
    ['a', 1],
    [{}],
    [true],
    [{ type: 'thing' }],
    [{ type: 'object' }],
  ],
  ...[{}, { a: {} }, { a: true }, { a: 1 }, { a: { type: 'string' } }, { a: { minLength: -1 } }, { type: 'string' }],
];
const KEYWORDS = [
  ...['title', 'description', 'format', 'default', 'examples', 'deprecated', 'type', 'enum', 'const', '$ref'],
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'minLength', 'maxLength', 'minItems', 'maxItems'],
  ...['uniqueItems', 'minProperties', 'maxProperties', 'required', 'properties', 'additionalProperties', '$defs'],
  ...['items', 'anyOf', 'oneOf', 'allOf', 'not', 'pattern', 'if', '$id', '$schema', 'constructor', 'unknown'],
];

it('takes nothing that the schema of schemas or a compilation refuses', () => {
  const taken = KEYWORDS.flatMap((keyword) =>
    VALUES.map((value) => ({ [keyword]: value })).filter((schema) => isPlainSchema(schema)),
  );
  expect(taken.filter((schema) => !ajv.validateSchema(schema))).toEqual([]);
  for (const schema of taken)
    createAjv({ allErrors: true, isExact: false, onReference: () => undefined }).compile(schema);
  expect(taken.length).toBeGreaterThan(150);
});

it('takes the schema of an ordinary agent', () => {
  const schema = {
    type: 'object',
    properties: {
      speed: { type: ['number', 'null'], minimum: 0, description: 'In Mbit/s' },
      kind: { enum: ['fibre', 'copper'] },
      tags: { type: 'array', items: { type: 'string', pattern: '^[a-z]+$' }, uniqueItems: true },
    },
    required: ['speed', 'kind'],
    additionalProperties: false,
    $defs: { tag: { type: 'string', maxLength: 20 } },
  };
  expect(isPlainSchema(schema)).toBe(true);
  expect(isPlainSchema({ ...schema, patternProperties: {} })).toBe(false);
  const nested = (depth: number): object => (depth === 0 ? {} : { items: nested(depth - 1) });
  expect([50, 51].map((depth) => isPlainSchema(nested(depth)))).toEqual([true, false]);
});
