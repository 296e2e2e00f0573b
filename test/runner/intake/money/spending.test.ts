import { expect, test } from 'vitest';
import { spendingOfRest } from '../../../../src/runner/intake/money/spending.ts';

const counts = { total: 5, queued: 0, running: 0, succeeded: 5, failed: 0 };

test('a batch of which only the table is left to write is expected to spend nothing', () => {
  expect(spendingOfRest(null, { cost_usd: 1, counts }, undefined)).toBe(0);
  expect(spendingOfRest(null, { cost_usd: 1, counts: { ...counts, queued: 1 } }, undefined)).toBeNull();
  expect(spendingOfRest(null, { cost_usd: 0, counts: { ...counts, total: 0, succeeded: 0 } }, undefined)).toBeNull();
});
