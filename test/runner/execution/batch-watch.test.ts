import { expect, it } from 'vitest';
import { type BatchWatch, createBatchWatch } from '../../../src/runner/execution/batch-watch.ts';
import type { BatchRecord } from '../../../src/storage/batches.ts';

/** How many first rows that all fail alike pause a batch. */
const ALIKE = 20;

function watchOf(succeeded = 0, { settings = {}, hasMore = true } = {}): BatchWatch {
  const plan = { request: {}, fileRoots: [], agent: {}, toolSpecs: null, inputMapping: {}, outputUri: 'out.csv' };
  const known = { estimate: null, warnings: [], standIn: null };
  const batch = {
    plan: { ...plan, ...known },
    settings,
    intake: null,
    totals: { rows: 1_000, succeeded, failed: 0 },
  };
  return createBatchWatch({ batch: batch as unknown as BatchRecord }, () => hasMore);
}

function fail(watch: BatchWatch, rows: number, code: 'refused' | 'row_timeout' = 'refused', isCharged = true): void {
  for (let row = 0; row < rows; row += 1) watch.see({ kind: 'failed', code, example: `row ${row}`, isCharged });
}

it('pauses when the first rows have all failed alike, and not one row earlier', () => {
  const watch = watchOf();
  fail(watch, ALIKE - 1);
  expect(watch.end()).toBeUndefined();
  fail(watch, 1);
  expect(watch.end()).toMatchObject({ kind: 'pause', reason: 'fatal', alike: 'refused' });
});

it('goes on after a success, however many rows fail alike before and after it', () => {
  const watch = watchOf();
  fail(watch, ALIKE - 1);
  watch.see({ kind: 'succeeded' });
  fail(watch, 2 * ALIKE);
  expect(watch.end()).toBeUndefined();
});

it('goes on where rows succeeded before it watched, and where the first rows fail in different ways', () => {
  const [resumed, mixed] = [watchOf(1), watchOf()];
  fail(resumed, 2 * ALIKE);
  fail(mixed, ALIKE - 1);
  fail(mixed, 1, 'row_timeout');
  fail(mixed, 2 * ALIKE);
  expect([resumed.end(), mixed.end()]).toEqual([undefined, undefined]);
});

it('counts no failure that was free, and none for which a person continued the batch', () => {
  const [free, agreed] = [watchOf(), watchOf(0, { settings: { alike_agreed: ['refused'] } })];
  fail(free, 2 * ALIKE, 'refused', false);
  fail(agreed, 2 * ALIKE);
  expect([free.end(), agreed.end()]).toEqual([undefined, undefined]);
  fail(free, ALIKE);
  fail(agreed, ALIKE, 'row_timeout');
  expect([free.end(), agreed.end()]).toMatchObject([{ alike: 'refused' }, { alike: 'row_timeout' }]);
});

it('does not pause where no row is left to be sent', () => {
  const watch = watchOf(0, { hasMore: false });
  fail(watch, 2 * ALIKE);
  expect(watch.end()).toBeUndefined();
});
