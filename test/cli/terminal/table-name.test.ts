import { expect, it } from 'vitest';
import { tableName } from '../../../src/cli/terminal/table-name.ts';

it.each([
  ['/data/may/tickets.csv', 'tickets.csv'],
  ['/data/may/', 'may/'],
  ['s3://bucket/in/*.csv', '*.csv'],
  ['/data/book.xlsx#Second', 'book.xlsx#Second'],
  ['stdin://335296e92954a1546f8d3157', 'stdin'],
])('names the table %s by %s', (uri, name) => {
  expect(tableName(uri)).toBe(name);
});
