import { expect, test } from 'vitest';
import { createReadiness } from '../../src/worker/readiness.ts';

const rowsFor = (grantMs: number, slotMs: number) => {
  const readiness = createReadiness();
  readiness.see({ grantMs, slotMs });
  return readiness.rows();
};

test('one row at a time until the times of one are known', () => {
  expect(createReadiness().rows()).toBe(0);
});

test('as many rows are ready as run while the calls of one are granted, up to sixteen', () => {
  expect(rowsFor(15, 3)).toBe(5);
  expect(rowsFor(15, 40)).toBe(1);
  expect(rowsFor(5, 90)).toBe(0);
  expect(rowsFor(10_000, 3)).toBe(16);
});

test('a slow row begins alone, however long its grants take', () => {
  expect(rowsFor(10_000, 101)).toBe(0);
});
