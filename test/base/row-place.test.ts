import { expect, it } from 'vitest';
import { rowPlace } from '../../src/base/row-place.ts';

it.each([
  [undefined, 'row 3 (line 5)'],
  [null, 'row 3 (line 5)'],
  ['{"$oid":"6b0c1b93f35e1da617b07f09"}', 'row 3 (_id 6b0c1b93f35e1da617b07f09)'],
  ['{"$numberInt":"7"}', 'row 3 (_id 7)'],
  ['"q-1"', 'row 3 (_id "q-1")'],
  ['{"shop":"a","number":{"$numberInt":"5"}}', 'row 3 (_id {"shop":"a","number":{"$numberInt":"5"}})'],
  [`"${'x'.repeat(200)}"`, `row 3 (_id "${'x'.repeat(99)}…)`],
])('names the row with the key %s: %s', (key, place) => {
  expect(rowPlace({ row: 3, line: 5, ...(key !== undefined && { key }) })).toBe(place);
});
