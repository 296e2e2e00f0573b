import { Binary, BSON, Decimal128, Double, Int32, Long, MinKey, ObjectId, Timestamp, UUID } from 'mongodb';
import { expect, it } from 'vitest';
import { cellOf, cellsOf, pathsOf, valueAt } from '../../../../src/tables/mongodb/documents/document-cells.ts';
import { idOf, keyOf } from '../../../../src/tables/mongodb/documents/document-key.ts';

const text = (value: unknown) => JSON.stringify(cellOf(value));

it.each([
  [new ObjectId('6b0c1b93f35e1da617b07f09'), '"6b0c1b93f35e1da617b07f09"'],
  [new UUID('123e4567-e89b-42d3-a456-426614174000'), '"123e4567-e89b-42d3-a456-426614174000"'],
  [new Binary(Buffer.from('hi')), '"aGk="'],
  [Decimal128.fromString('1.10'), '"1.10"'],
  [Long.fromString('9007199254740993'), '9007199254740993'],
  [Long.fromNumber(7), '7'],
  [new Int32(5), '5'],
  [new Double(1.5), '1.5'],
  [Number.NaN, '"NaN"'],
  [new Date('2026-01-02T03:04:05.678Z'), '"2026-01-02T03:04:05.678Z"'],
  [Timestamp.fromBits(1, 2), '8589934593'],
  [/a+/i, '"/a+/i"'],
  [new MinKey(), '{"$minKey":1}'],
  [null, 'null'],
  [undefined, 'null'],
  [{ a: [Long.fromNumber(1), { b: new Date(0) }] }, '{"a":[1,{"b":"1970-01-01T00:00:00.000Z"}]}'],
])('writes %o as %s', (value, expected) => {
  expect(text(value)).toBe(expected);
});

it('makes dotted paths of subdocuments, in the order of the first documents, without the state of the processing', () => {
  const documents = [
    { _id: 1, q: 'a', customer: { plan: 'pro', address: { city: 'Rome' } }, tags: [], processed: false },
    { _id: 2, customer: { since: 2020 }, q: 'b', rowmill: { owner: 'bat_1' }, processing_attempts: 2, empty: {} },
  ];
  const paths = ['_id', 'q', 'customer.plan', 'customer.address.city', 'tags', 'customer.since', 'empty'];
  expect(pathsOf(documents)).toEqual(paths);
  expect(cellsOf(documents[1] ?? {}, paths)).toEqual([2, 'b', null, null, null, 2020, {}]);
});

it('keeps a field that is a subdocument in some documents only in one column', () => {
  expect(pathsOf([{ a: { b: 1 } }, { a: 'none' }])).toEqual(['a']);
});

it('finds no value in what a prototype has', () => {
  expect(valueAt({ a: {} }, 'a.constructor.name')).toBeUndefined();
});

it.each([
  [new ObjectId('6b0c1b93f35e1da617b07f09')],
  ['text'],
  [7],
  [Long.fromString('9007199254740993')],
  [new UUID('123e4567-e89b-42d3-a456-426614174000')],
  [{ shop: 'a', number: 5 }],
])('gives back the _id %o of a key', (id) => {
  const bytes = (value: unknown) => Buffer.from(BSON.serialize({ value })).toString('hex');
  expect(bytes(idOf(keyOf({ _id: id })))).toBe(bytes(id));
});
