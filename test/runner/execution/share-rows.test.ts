import { expect, it } from 'vitest';
import { nextJobSize, shareRows } from '../../../src/runner/execution/batch-api/share-rows.ts';

const bedrock = { requests: 45_000, fewest: 100 };

it.each([
  ['too few for a job', 99, bedrock, { ahead: 0, inJobs: 0, jobs: 0, left: 99 }],
  ['just enough for a job, so that none goes ahead', 100, bedrock, { ahead: 0, inJobs: 100, jobs: 1, left: 0 }],
  ['one more', 101, bedrock, { ahead: 1, inJobs: 100, jobs: 1, left: 0 }],
  ['a single row', 1, { requests: 9, fewest: 1 }, { ahead: 0, inJobs: 1, jobs: 1, left: 0 }],
  ['two rows', 2, { requests: 9, fewest: 1 }, { ahead: 1, inJobs: 1, jobs: 1, left: 0 }],
  ['a small rest', 251, { requests: 150, fewest: 100 }, { ahead: 1, inJobs: 250, jobs: 2, left: 0 }],
  ['a rest of equal jobs', 250, { requests: 100, fewest: 100 }, { ahead: 1, inJobs: 200, jobs: 2, left: 49 }],
  ['a million rows', 1e6, { requests: 10, fewest: 1 }, { ahead: 1, inJobs: 999_999, jobs: 100_000, left: 0 }],
])('divides %s', (_, rows, sizes, expected) => {
  expect(shareRows(rows, { ...sizes, asksFirst: true })).toEqual(expected);
});

it('lets no row go ahead where none has to', () => {
  expect(shareRows(101, { ...bedrock, asksFirst: false })).toEqual({ ahead: 0, inJobs: 101, jobs: 1, left: 0 });
});

it.each([
  [300, [300]],
  [301, [201, 100]],
  [399, [299, 100]],
  [400, [300, 100]],
  [650, [300, 250, 100]],
  [99, []],
])('makes jobs of %i rows that leave none over where that is possible', (rows, expected) => {
  const sizes = { requests: 300, fewest: 100 };
  const made: number[] = [];
  for (let rest = rows; rest >= sizes.fewest; rest -= made.at(-1) ?? 0) made.push(nextJobSize(rest, sizes));
  expect(made).toEqual(expected);
  expect(shareRows(rows, { ...sizes, asksFirst: false }).jobs).toBe(expected.length);
});

it('makes exactly the jobs that it has counted', () => {
  for (let rows = 0; rows < 700; rows += 1) {
    for (const sizes of [
      bedrock,
      { requests: 150, fewest: 100 },
      { requests: 100, fewest: 100 },
      { requests: 7, fewest: 1 },
    ]) {
      const { ahead, inJobs, jobs, left } = shareRows(rows, { ...sizes, asksFirst: true });
      const made: number[] = [];
      for (let rest = rows - ahead; rest >= sizes.fewest && rest > 0; rest -= made.at(-1) ?? 0)
        made.push(nextJobSize(rest, sizes));
      expect([made.length, made.reduce((sum, size) => sum + size, 0)]).toEqual([jobs, inJobs]);
      expect(made.every((size) => size >= sizes.fewest && size <= sizes.requests)).toBe(true);
      expect(ahead + inJobs + left).toBe(rows);
    }
  }
});
