import { describe, expect, it } from 'vitest';
import type { RowRecord } from '../../../src/storage/rows.ts';
import type { Store } from '../../../src/storage/store.ts';
import { failed, newRows, startBatch, succeeded } from '../../storage/support/store-fixture.ts';
import type { StoreBench } from './store-bench.ts';

/** A small generator of repeatable numbers below `below` (Park and Miller's minimal standard). */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

function recount(rows: RowRecord[]): object {
  const count = (status: string) => rows.filter((row) => row.status === status).length;
  return {
    rows: rows.length,
    queued: count('queued'),
    running: count('running'),
    succeeded: count('succeeded'),
    failed: count('failed'),
  };
}

function regroup(rows: RowRecord[]): object[] {
  const groups = Map.groupBy(
    rows.filter((row) => row.status === 'failed'),
    (row) => row.error?.code,
  );
  return [...groups]
    .map(([code, [first, ...more]]) => ({
      code,
      count: more.length + 1,
      row: first?.row,
      message: first?.error?.message,
    }))
    .toSorted((a, b) => b.count - a.count || String(a.code).localeCompare(String(b.code)));
}

async function expectTotalsToBeExact(store: Store): Promise<void> {
  const rows = await store.readRows('bat_1', { fromRow: 0, limit: 1_000 });
  expect((await store.readBatch('bat_1'))?.totals).toMatchObject(recount(rows));
  expect(await store.countQueued('bat_1')).toBe(rows.filter(({ status }) => status === 'queued').length);
  expect(await store.readFailures('bat_1')).toEqual(regroup(rows));
}

export function testTotals({ store }: StoreBench): void {
  describe('totals', () => {
    it.each([1, 2, 3])('agree with a recount after anything that can happen to rows (seed %i)', async (seed) => {
      const roll = dice(seed);
      const fence = await startBatch(store(), 'bat_1', 0);
      const rows = newRows(0, 60).map((row) =>
        roll(10) === 0 ? { ...row, malformed: { reason: `line ${row.line}`, text: 'x' } } : row,
      );
      await Promise.all([store().insertRows(fence, rows.slice(0, 25)), store().insertRows(fence, rows.slice(25))]);
      for (let round = 0; round < 40; round++) {
        const running = await store().readRows('bat_1', { status: 'running', fromRow: 0, limit: 1_000 });
        const writes: Promise<unknown>[] = running.flatMap(({ row }): Promise<unknown>[] => {
          const face = roll(6);
          if (face === 0) return [store().returnRow(fence, row)];
          if (face === 1) return [store().finishRow(fence, row, failed('refused', `row ${row}`))];
          if (face === 2) return [store().finishRow(fence, row, failed('row_timeout', `row ${row}`))];
          return face === 3 ? [store().finishRow(fence, row, succeeded(row))] : [];
        });
        writes.push(store().claimRows(fence, { limit: roll(8), at: round }));
        if (roll(5) === 0) writes.push(store().redriveRows(fence, roll(2) === 0 ? {} : { codes: ['refused'] }));
        if (roll(8) === 0) writes.push(store().returnRunningRows(fence));
        // A failing write in the same group must not disturb the sums of the others.
        if (roll(2) === 0) {
          const wrong = store().finishRow({ ...fence, epoch: -1 }, 0, succeeded(0));
          writes.push(expect(wrong).rejects.toMatchObject({ code: 'lease_lost' }));
        }
        await Promise.all(writes);
        await expectTotalsToBeExact(store());
      }
    });
  });
}
