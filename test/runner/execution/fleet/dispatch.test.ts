import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createSilentLog } from '../../../../src/base/log.ts';
import type { Chunk } from '../../../../src/fleet/chunk-queue.ts';
import { createDispatch } from '../../../../src/runner/execution/fleet/dispatch.ts';
import type { RemoteRun } from '../../../../src/runner/execution/fleet/remote-run.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const runOf = (row: number) =>
  ({ task: { run: `bat_1/${row}/1`, row }, holder: undefined, isFinished: false }) as unknown as RemoteRun;

/** A dispatch to a queue that keeps what it is given until the test loses it. */
const dispatchOf = ({ slots = 4, concurrency }: { slots?: number; concurrency?: number } = {}) => {
  const queue = new Map<string, Chunk>();
  const put: Chunk[] = [];
  const state = { isAway: false };
  let ids = 0;
  const dispatch = createDispatch({
    queue: {
      async add(chunks) {
        if (state.isAway) throw new Error('Redis is away.');
        for (const chunk of chunks) queue.set(chunk.id, chunk);
        put.push(...chunks);
      },
      missing: async (of) => of.filter((id) => !queue.has(id)),
      remove: async (of) => void of.map((id) => queue.delete(id)),
      close: async () => undefined,
    },
    ...{ batchId: 'bat_1', epoch: 3, priority: () => 5, slots: () => slots, concurrency: () => concurrency },
    newId(prefix) {
      ids += 1;
      return `${prefix}_${ids}`;
    },
    ...{ now: Date.now, log: createSilentLog() },
  });
  const add = (count: number) => {
    const runs = Array.from({ length: count }, (_, row) => runOf(row));
    for (const run of runs) dispatch.add(run);
    return runs;
  };
  const sizes = () => put.map(({ from, to }) => to - from + 1);
  return { dispatch, queue, put, add, sizes, state };
};

test('a chunk names its batch, its lease and its rows, and has no content of them', () => {
  const { dispatch, put, add } = dispatchOf();
  for (let row = 0; row < 50; row += 1) dispatch.measure(250);
  add(4);
  expect(put).toEqual([{ id: 'chk_1', batchId: 'bat_1', epoch: 3, from: 0, to: 3 }]);
});

test('rows go one by one until it is known how long they take, and as long as they are slow', async () => {
  const { dispatch, add, sizes } = dispatchOf();
  add(3);
  expect(sizes()).toEqual([1, 1, 1]);
  dispatch.measure(20_000);
  add(3);
  expect(sizes()).toEqual([1, 1, 1, 1, 1, 1]);
});

test('chunks of fast rows take about a second, and have fifty rows at most', () => {
  const { dispatch } = dispatchOf();
  dispatch.measure(100);
  expect(dispatch.size()).toBe(10);
  for (let row = 0; row < 100; row += 1) dispatch.measure(1);
  expect(dispatch.size()).toBe(50);
});

test('chunks are so small that each place of the workers gets one, and all are bounded', () => {
  const { dispatch } = dispatchOf({ slots: 8, concurrency: 16 });
  dispatch.measure(1);
  expect(dispatch.size()).toBe(2);
  const wide = dispatchOf({ slots: 5_000 }).dispatch;
  wide.measure(1);
  expect(wide.size()).toBe(2);
});

test('a chunk that the queue has lost, or did not take, is queued again; one that waits is not', async () => {
  const { dispatch, queue, put, add, state } = dispatchOf();
  add(2);
  state.isAway = true;
  add(1);
  await vi.advanceTimersByTimeAsync(0);
  state.isAway = false;
  queue.delete('chk_1');
  await dispatch.reconcile();
  expect(put.map(({ id }) => id)).toEqual(['chk_1', 'chk_2']);
  vi.setSystemTime(Date.now() + 2_000);
  await dispatch.reconcile();
  expect(put.map(({ id }) => id)).toEqual(['chk_1', 'chk_2', 'chk_1', 'chk_3']);
});

test('a worker gets a chunk once, without the rows that ended or have another worker meanwhile', () => {
  const { dispatch, add } = dispatchOf();
  dispatch.measure(250);
  const [first, held, ended, last] = add(4);
  if (held !== undefined) held.holder = 'w1';
  if (ended !== undefined) ended.isFinished = true;
  expect(dispatch.begin('chk_1')).toEqual([first, last]);
  expect(dispatch.begin('chk_1')).toEqual([]);
});
