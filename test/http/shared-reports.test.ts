import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createSharedReports, type OpenReports, type ReportEvent } from '../../src/http/shared-reports.ts';

const report = (id: string, status: ReportEvent['status'] = 'running'): ReportEvent => ({
  ...{ id, bytes: new Uint8Array(), status },
});

/** A source that the test feeds; it counts how often it was opened. */
function createSource() {
  const source = {
    opened: 0,
    signal: undefined as AbortSignal | undefined,
    fault: undefined as unknown,
    leastMs: () => 0,
  };
  let queue: (ReportEvent | 'end')[] = [];
  let wake: (() => void) | undefined;
  const open: OpenReports = async function* reports(signal, leastMs) {
    source.opened += 1;
    Object.assign(source, { signal, leastMs });
    queue = [...queue];
    for (;;) {
      const next = queue.shift();
      if (next === 'end') {
        if (source.fault !== undefined) throw source.fault;
        return;
      }
      if (next !== undefined) yield next;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  };
  const feed = async (...all: (ReportEvent | 'end')[]) => {
    for (const one of all) {
      queue.push(one);
      wake?.();
      await setImmediate();
    }
  };
  return Object.assign(source, { open, feed });
}

const read = async (events: AsyncIterable<ReportEvent>): Promise<string[]> => {
  const ids: string[] = [];
  for await (const { id } of events) ids.push(id);
  return ids;
};

it('opens a batch once for all its listeners, and a new one gets the latest report first', async () => {
  const [shared, source] = [createSharedReports(), createSource()];
  const { signal } = new AbortController();
  const first = read(shared('bat_1', source.open, signal));
  await source.feed(report('a'), report('b'));
  const second = read(shared('bat_1', source.open, signal));
  await source.feed(report('c'), 'end');
  expect([await first, await second]).toEqual([
    ['a', 'b', 'c'],
    ['b', 'c'],
  ]);
  expect(source.opened).toBe(1);
});

it('a slow listener misses reports, but no status', async () => {
  const [shared, source] = [createSharedReports(), createSource()];
  const slow = shared('bat_1', source.open, new AbortController().signal);
  const first = slow.next();
  await source.feed(report('a', 'loading'), report('b', 'loading'), report('c'), report('d'), report('e', 'completed'));
  await source.feed('end');
  expect([(await first).value?.id, ...(await read(slow))]).toEqual(['a', 'b', 'd', 'e']);
});

it('closes the batch when its last listener leaves, and opens it again for the next', async () => {
  const [shared, source] = [createSharedReports(), createSource()];
  const leave = new AbortController();
  const left = read(shared('bat_1', source.open, leave.signal));
  await source.feed(report('a'));
  leave.abort();
  expect(await left).toEqual(['a']);
  expect(source.signal?.aborted).toBe(true);
  const next = read(shared('bat_1', source.open, new AbortController().signal));
  await setImmediate();
  expect(source.opened).toBe(2);
  await source.feed('end', 'end');
  await next;
});

it('every listener gets the fault of the batch', async () => {
  const [shared, source] = [createSharedReports(), createSource()];
  source.fault = new Error('the store is gone');
  const all = [1, 2].map(() => read(shared('bat_1', source.open, new AbortController().signal)));
  const settled = Promise.allSettled(all);
  await source.feed('end');
  expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});

it('sends at most 500 reports a second to all listeners together, and four to each', async () => {
  const [shared, source] = [createSharedReports(), createSource()];
  const leave = new AbortController();
  const few = read(shared('bat_1', source.open, new AbortController().signal));
  expect(source.leastMs()).toBe(250);
  const many = Array.from({ length: 499 }, () => read(shared('bat_1', source.open, leave.signal)));
  expect(source.leastMs()).toBe(1_000);
  leave.abort();
  await Promise.all(many);
  expect(source.leastMs()).toBe(250);
  await source.feed('end');
  await few;
});

it('lets other work run while many listeners get a report', async () => {
  const [shared, source] = [createSharedReports(), createSource()];
  let got = 0;
  const all = Array.from({ length: 120 }, async () => {
    for await (const _report of shared('bat_1', source.open, new AbortController().signal)) got += 1;
  });
  // `feed` waits for one turn of the event loop.
  await source.feed(report('a'));
  expect(got).toBe(50);
  await expect.poll(() => got).toBe(120);
  await source.feed('end');
  await Promise.all(all);
});
