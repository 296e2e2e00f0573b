import { expect, test } from 'vitest';
import { checkMapping, compileMapping, proposeMapping } from '../../../src/runner/rows/mapping.ts';

const ADDRESS = {
  type: 'object',
  properties: { address: { type: 'string' }, postcode: { type: 'string' }, floor: { type: 'integer' } },
  required: ['address', 'postcode'],
};

test('proposes columns of the same name, or the only one that differs in case and punctuation', () => {
  expect(proposeMapping(ADDRESS, ['Address', 'post_code', 'Floor', 'floor'])).toEqual({
    address: 'Address',
    postcode: 'post_code',
    floor: 'floor',
  });
});

test('proposes nothing where two columns could be meant', () => {
  expect(proposeMapping(ADDRESS, ['ADDRESS', 'Address', 'postcode'])).toEqual({ postcode: 'postcode' });
});

test('gives every column to an agent that declares no input, also one named like an expression', () => {
  expect(proposeMapping(undefined, ['a', '{% b %}'])).toEqual({ a: { column: 'a' }, '{% b %}': { column: '{% b %}' } });
});

test('names every reason at once, with the nearest names', () => {
  const mapping = { adress: 'Strasse', postcode: 'Post Cod', floor: '{% $broken( %}' };
  const problems = checkMapping(mapping, ADDRESS, ['Street', 'Post Code']);
  expect(problems.map((problem) => problem.code)).toEqual([
    'field_unknown',
    'column_unknown',
    'column_unknown',
    'expression_invalid',
    'mapping_invalid',
  ]);
  const text = problems.map((problem) => problem.message).join('\n');
  expect(text).toContain('no input field "adress"; did you mean "address"?');
  expect(text).toContain('"Post Cod", which the table does not have; did you mean "Post Code"?');
  expect(text).toContain('the mapping of "floor"');
  expect(text).toContain('required input field "address" is not mapped');
});

test('a field that every object inherits is unknown all the same', () => {
  expect(checkMapping({ constructor: 'q' }, { type: 'object', properties: { q: {} } }, ['q'])).toMatchObject([
    { code: 'field_unknown' },
  ]);
  const required = { type: 'object', properties: { toString: {} }, required: ['toString'] };
  expect(checkMapping({}, required, ['q'])).toMatchObject([{ code: 'mapping_invalid' }]);
});

test('takes undeclared fields where the schema allows them, and any where it declares none', () => {
  expect(
    checkMapping({ more: 'q' }, { type: 'object', properties: { q: {} }, additionalProperties: true }, ['q']),
  ).toEqual([]);
  expect(checkMapping({ more: 'q' }, { type: 'object' }, ['q'])).toEqual([]);
});

test('fills fields from columns, expressions, constants and columns of any name', async () => {
  const schema = {
    type: 'object',
    properties: { a: { type: 'string' }, b: { type: 'string' }, c: {}, d: { type: 'string' } },
  };
  const columns = ['x y', '{% z %}'];
  const mapping = {
    a: 'x y',
    b: "{% $uppercase(`x y`) & '!' %}",
    c: { value: { deep: [1] } },
    d: { column: '{% z %}' },
  };
  expect(checkMapping(mapping, schema, columns)).toEqual([]);
  const transform = compileMapping(mapping, schema, columns);
  expect(await transform(['one', 'two'])).toEqual({ a: 'one', b: 'ONE!', c: { deep: [1] }, d: 'two' });
});

test('coerces to the types of the schema; a cell that does not fit fails its row with field and cell', async () => {
  const transform = compileMapping({ address: 'a', postcode: 'p', floor: 'f' }, ADDRESS, ['a', 'p', 'f']);
  expect(await transform(['High St', '123', '4'])).toEqual({ address: 'High St', postcode: '123', floor: 4 });
  await expect(transform(['High St', '123', 'ground'])).rejects.toMatchObject({
    code: 'input_invalid',
    message: expect.stringMatching(/"floor".*"ground" is not of type integer/),
  });
});

test('leaves empty cells of optional fields out; a missing cell of a required one fails its row', async () => {
  const transform = compileMapping({ address: 'a', postcode: 'p', floor: 'f' }, ADDRESS, ['a', 'p', 'f']);
  expect(await transform(['High St', '', ''])).toEqual({ address: 'High St', postcode: '' });
  await expect(transform(['High St', null, null])).rejects.toMatchObject({ code: 'input_invalid' });
  await expect(transform(['High St'])).rejects.toMatchObject({ code: 'input_invalid' });
});

test('an expression that fails or selects nothing concerns its row alone', async () => {
  const mapping = { address: 'a', postcode: '{% $number(a) %}' };
  const schema = { ...ADDRESS, properties: { ...ADDRESS.properties, postcode: { type: ['number', 'string'] } } };
  const transform = compileMapping(mapping, schema, ['a']);
  await expect(transform(['abc'])).rejects.toMatchObject({ code: 'expression_failed' });
  expect(await transform(['12'])).toEqual({ address: '12', postcode: 12 });
  const nothing = compileMapping({ address: 'a', postcode: '{% missing %}' }, ADDRESS, ['a']);
  await expect(nothing(['x'])).rejects.toMatchObject({
    code: 'input_invalid',
    message: expect.stringContaining('postcode'),
  });
});

test('validates the whole input against the schema', async () => {
  const schema = { type: 'object', properties: { a: { type: 'string', enum: ['x', 'y'] } }, required: ['a'] };
  const transform = compileMapping({ a: 'a' }, schema, ['a']);
  await expect(transform(['z'])).rejects.toMatchObject({ message: expect.stringContaining('must be one of') });
});
