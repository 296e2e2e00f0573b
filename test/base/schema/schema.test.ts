import { describe, expect, it, test } from 'vitest';
import { parseJson } from '../../../src/base/json/exact-number.ts';
import { compileSchema } from '../../../src/base/schema/schema.ts';

/** Processor time of a check: another process on the same machine does not count. */
function checked(schema: { [key: string]: unknown }, value: unknown): { cpuMs: number; errors: string[] } {
  const validate = compileSchema(schema, 'the schema');
  const before = process.cpuUsage();
  const result = validate(value);
  const { user, system } = process.cpuUsage(before);
  return { cpuMs: (user + system) / 1000, errors: result.valid ? [] : result.errors };
}

const TEXT = `${'a'.repeat(40_000)}!`;

describe('a pattern that backtracks', () => {
  it.each([
    ['pattern', { type: 'string', pattern: '^(a+)+$' }, TEXT],
    ['patternProperties', { patternProperties: { '^(a|aa)+$': {} }, additionalProperties: false }, { [TEXT]: 1 }],
    ['propertyNames', { propertyNames: { pattern: '^(a|a)*$' } }, { [TEXT]: 1 }],
  ])('takes linear time in %s', (_keyword, schema, value) => {
    const { cpuMs, errors } = checked(schema, value);
    expect(errors).not.toEqual([]);
    expect(cpuMs).toBeLessThan(2000);
  });

  it.each(['^(?!x).*$', 'a(?=b)', '(a)\\1', '(?<=a)b', 'a{2000}'])('%s is refused with words', (pattern) => {
    const compile = () => compileSchema({ type: 'string', pattern }, 'structured_output.schema');
    expect(compile).toThrow(
      /^structured_output\.schema is not a valid JSON Schema: the regular expression .*linear time/,
    );
  });
});

test.each([
  ['^[A-Z]{2}\\d+$', ['AB12', 'ZZ0'], ['A1', 'AB', 'xAB1']],
  ['\\p{L}+', ['é', 'Ж'], ['12']],
  ['^.$', ['😀', 'x'], ['xy', '']],
  ['^(red|green)$', ['red'], ['redgreen', 'red\n']],
  ['^\\S+@\\S+$', ['a@b'], ['a b@c', 'a\u00a0@b']],
  ['^\\u{1F600}$', ['😀'], ['u']],
])('the pattern %s means what it means in JavaScript', (pattern, good, bad) => {
  const validate = compileSchema({ type: 'string', pattern }, 'it');
  for (const text of [...good, ...bad]) {
    expect([text, validate(text).valid]).toEqual([text, new RegExp(pattern, 'u').test(text)]);
  }
  expect(good.every((text) => validate(text).valid)).toBe(true);
  expect(bad.some((text) => validate(text).valid)).toBe(false);
});

test('uniqueItems takes linear time and compares by value', () => {
  const items = Array.from({ length: 50_000 }, (_, index) => ({ n: index }));
  const { cpuMs, errors } = checked({ type: 'array', uniqueItems: true }, items);
  expect(errors).toEqual([]);
  expect(cpuMs).toBeLessThan(2000);
  const twice = [
    { a: 1, b: [2] },
    { b: [2], a: 1 },
  ];
  expect(checked({ uniqueItems: true }, twice).errors).toEqual([expect.stringContaining('the same item twice')]);
  expect(checked({ uniqueItems: false }, twice).errors).toEqual([]);
  expect(checked({ uniqueItems: true }, [1, '1', null, 'null']).errors).toEqual([]);
});

test('equal schemas have one validator, and others their own', () => {
  const first = compileSchema({ type: 'string', maxLength: 3 }, 'input');
  expect(compileSchema({ type: 'string', maxLength: 3 }, 'output')).toBe(first);
  expect(compileSchema({ type: 'string', maxLength: 2 }, 'input')('abc')).toMatchObject({ valid: false });
  expect(first('abc')).toEqual({ valid: true });
});

test('a schema that is nested too deeply is refused in words', () => {
  let deep: { [key: string]: unknown } = { type: 'string' };
  for (let depth = 0; depth < 20_000; depth += 1) deep = { properties: { a: deep } };
  expect(() => compileSchema(deep, 'input')).toThrow(/^input is not a valid JSON Schema: it is nested too deeply/);
});

test('a value that is nested too deeply is not valid, and does not throw', () => {
  const deep: unknown = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
  const schema = { type: 'array', items: { $ref: '#' } };
  expect(checked(schema, deep).errors).toEqual([expect.stringContaining('nested too deeply')]);
});

test('a million faults and a list of 100,000 allowed values make a short message', () => {
  const allowed = Array.from({ length: 100_000 }, (_, index) => `value ${index}`);
  const many = checked({ items: { type: 'string' } }, new Array(1_000_000).fill(1));
  expect(many.errors).toHaveLength(1);
  const one = checked({ items: { enum: allowed } }, ['x', 'y', 'z']);
  expect(one.errors).toHaveLength(3);
  expect(one.errors.join('').length).toBeLessThan(5000);
});

test.each([
  'email',
  'idn-email',
  'uri',
  'uri-reference',
  'uri-template',
  'url',
  'hostname',
  'ipv4',
  'ipv6',
  'duration',
  'regex',
  'json-pointer',
  'json-pointer-uri-fragment',
  'relative-json-pointer',
  'uuid',
  'date-time',
  'time',
  'iso-date-time',
])('the format %s ends on hostile text', (format) => {
  for (const text of [
    `a@${'a.'.repeat(4000)}!`,
    `http://${'a-'.repeat(4000)}!`,
    'a'.repeat(8000),
    'x'.repeat(2_000_000),
  ]) {
    expect(checked({ type: 'string', format }, text).cpuMs).toBeLessThan(2000);
  }
});

test('formats hold, and base64 may be long', () => {
  expect(checked({ format: 'email' }, 'a@example.org').errors).toEqual([]);
  expect(checked({ format: 'email' }, 'a@').errors).not.toEqual([]);
  expect(checked({ format: 'int32' }, 2 ** 40).errors).not.toEqual([]);
  expect(checked({ format: 'byte' }, 'QUJD'.repeat(50_000)).errors).toEqual([]);
});

test('every field of a schema is checked by its own pattern', () => {
  const properties = { code: { type: 'string', pattern: '^[0-9]+$' }, name: { type: 'string', pattern: '^[a-z]+$' } };
  const validate = compileSchema({ type: 'object', properties }, 'it');
  expect(validate({ code: '12', name: 'ab' })).toEqual({ valid: true });
  expect(validate({ code: 'ab', name: '12' })).toMatchObject({ errors: { length: 2 } });
});

describe('long numbers in a schema', () => {
  const LONG = '12345678901234567890';
  const validate = (schema: string, value: string) =>
    compileSchema(parseJson(schema) as { [key: string]: unknown }, 'the schema')(parseJson(value));

  it.each([
    [
      `{"enum":[${LONG},1,"a"]}`,
      [LONG, '1', '"a"'],
      ['12345678901234567891', '12345678901234567000', '2', `"${LONG}"`],
    ],
    [`{"properties":{"a/b":{"const":${LONG}}}}`, [`{"a/b":${LONG}}`], ['{"a/b":12345678901234567891}']],
    ['{"enum":[9007199254740992]}', ['9007199254740992'], ['9007199254740993']],
    [`{"items":{"const":{"x":1,"id":${LONG}}}}`, [`[{"id":${LONG},"x":1}]`], [`[{"id":${LONG}1,"x":1}]`]],
    [`{"propertyNames":{"enum":["k"]},"const":{"k":${LONG}}}`, [`{"k":${LONG}}`], ['{"l":1}']],
    [`{"type":"integer","maximum":${LONG}}`, ['5', '9007199254740993'], ['1e30', '"5"']],
  ])('%s is compared exactly', (schema, right, wrong) => {
    expect(right.map((value) => validate(schema, value))).toEqual(right.map(() => ({ valid: true })));
    expect(wrong.map((value) => validate(schema, value).valid)).toEqual(wrong.map(() => false));
  });

  it('are shown with every digit', () => {
    expect(validate(`{"enum":[${LONG}]}`, '12345678901234567891')).toMatchObject({
      errors: [`the value must be one of [${LONG}] (it is 12345678901234567891)`],
    });
  });
});

describe('a schema whose references multiply', () => {
  const node = (key: string) => ({
    type: 'object',
    properties: { child: { $ref: '#/$defs/node' }, [key]: {} },
    required: [key],
  });
  const recursive = {
    $defs: { node: { anyOf: [node('a'), node('b'), { type: 'string' }] } },
    properties: { root: { $ref: '#/$defs/node' } },
  };
  const nested = (depth: number, key: string) =>
    Array.from({ length: depth }).reduce<unknown>((child) => ({ child, [key]: 1 }), 'leaf');

  it('ends a check that would take exponential time with a fault', () => {
    const doubling = Object.fromEntries(
      Array.from({ length: 40 }, (_, at) => [
        `d${at + 1}`,
        { anyOf: [{ $ref: `#/$defs/d${at}` }, { $ref: `#/$defs/d${at}` }] },
      ]),
    );
    const diamond = { $defs: { d0: { type: 'number' }, ...doubling }, $ref: '#/$defs/d40' };
    for (const [schema, value] of [[recursive, { root: nested(200, 'other') }] as const, [diamond, 'x'] as const]) {
      const { cpuMs, errors } = checked(schema, value);
      expect(errors).toEqual([expect.stringContaining('takes too long to be checked')]);
      expect(cpuMs).toBeLessThan(5000);
    }
  });

  it('checks values that fit, however many parts they have', () => {
    expect(checked(recursive, { root: nested(12, 'b') }).errors).toEqual([]);
    const list = {
      $defs: { item: { properties: { items: { items: { $ref: '#/$defs/item' } } } } },
      $ref: '#/$defs/item',
    };
    const items = Array.from({ length: 100_000 }, () => ({ items: [{}, {}] }));
    expect(checked(list, { items }).errors).toEqual([]);
  });

  it('is refused when its references lead in a circle', () => {
    const circle = { $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } }, $ref: '#/$defs/a' };
    expect(() => compileSchema(circle, 'input')).toThrow(/^input is not a valid JSON Schema: .*lead in a circle/);
  });
});

test('a field that every object inherits is missing until the value has it', () => {
  const schema = {
    type: 'object',
    properties: { constructor: { type: 'string' } },
    required: ['constructor', 'toString'],
  };
  expect(checked(schema, {}).errors).toEqual([
    'the value lacks the required field "constructor"',
    'the value lacks the required field "toString"',
  ]);
  expect(checked({ ...schema, required: [] }, {}).errors).toEqual([]);
});

test('a fault shows the beginning of a long name', () => {
  const [error = ''] = checked({ additionalProperties: false }, { ['k'.repeat(1_000_000)]: 1 }).errors;
  expect(error).toMatch(/^the value has the unknown field "k{200}…"$/);
});
