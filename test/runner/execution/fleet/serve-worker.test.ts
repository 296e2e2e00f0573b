import { expect, test } from 'vitest';
import { createSilentLog } from '../../../../src/base/log.ts';
import { createPriceTable } from '../../../../src/providers/prices/prices.ts';
import { createHeldRuns } from '../../../../src/runner/execution/fleet/held-runs.ts';
import type { AnyAsk } from '../../../../src/runner/execution/fleet/messages.ts';
import type { RemoteRun } from '../../../../src/runner/execution/fleet/remote-run.ts';
import { createRunTable } from '../../../../src/runner/execution/fleet/run-table.ts';
import { type ServeParts, serveWorker } from '../../../../src/runner/execution/fleet/serve-worker.ts';
import type { JournalEntry } from '../../../../src/storage/journal.ts';

const RUN = 'bat_1/0/1';
const KEY = { run: RUN, turn: 0, call: 0 };
const ANSWER = { response: {}, usage: null, costMicroUsd: 0, requestId: null, at: 0 };
const LATE: AnyAsk = { kind: 'answer', run: RUN, key: KEY, answer: ANSWER };

/** A coordinator with one run, which this worker holds, and a journal with one call, which is sent and not answered. */
const coordinator = ({ holder, entry }: { holder?: string | undefined; entry?: Partial<JournalEntry> } = {}) => {
  const written: unknown[] = [];
  const committed: unknown[] = [];
  const released: string[] = [];
  const runs = createRunTable();
  const run = {
    ...{ task: { run: RUN }, holder, granted: new Map(), waits: new Set(), missed: 0 },
    model: {
      calls: {
        clock: { now: () => 0 },
        journal: { commitAnswer: async (key: unknown) => void committed.push(key), read: async () => [] },
      },
    },
  } as unknown as RemoteRun;
  runs.add(run);
  const parts: ServeParts = {
    ...{ runs, held: createHeldRuns(), snapshots: new Map(), prices: createPriceTable(), log: createSilentLog() },
    ...{ fence: { batchId: 'bat_1', epoch: 2 }, events: {} as never, begin: () => [], measure: () => undefined },
    store: {
      readJournal: async () => [{ ...KEY, answer: null, openSends: 1, ...entry }],
      writeAnswer: async (key: unknown, _: unknown, fence: unknown) => void written.push({ key, fence }),
      readRowsOf: async () => [
        { row: 0, attempt: 1, status: 'running' },
        { row: 1, attempt: 1, status: 'succeeded' },
      ],
    } as never,
    release: ({ task }) => void released.push(task.run),
    ...{ proveLease: async () => undefined, tellUnfit: () => undefined },
  };
  const ask = (body: AnyAsk, from = 'w1') => serveWorker(body, { from, again: false }, parts);
  return { ask, written, committed, released, run, runs };
};

test('an answer of the holder of a row is committed', async () => {
  const { ask, committed, written } = coordinator({ holder: 'w1' });
  await ask(LATE);
  expect(committed).toEqual([KEY]);
  expect(written).toEqual([]);
});

test('a late answer is written under this lease while no other worker has the row: it is paid', async () => {
  const { ask, written } = coordinator();
  await ask(LATE);
  expect(written).toEqual([{ key: KEY, fence: { batchId: 'bat_1', epoch: 2 } }]);
});

test.each([
  ['another worker has the row', { holder: 'w2' }],
  ['its call is answered already', { entry: { answer: ANSWER as never } }],
  ['its call was never sent, or was taken back', { entry: { openSends: 0 } }],
])('a late answer is dropped, and acknowledged, where %s', async (_, state) => {
  const { ask, written, committed } = coordinator(state);
  expect(await ask(LATE)).toBeNull();
  expect({ written, committed }).toEqual({ written: [], committed: [] });
});

const asks: AnyAsk[] = [
  {
    ...{ kind: 'grant', run: RUN, entry: null, openSends: 0 },
    intent: { ...KEY, kind: 'tool', name: 't', request: {}, idempotent: true, worstMicroUsd: null, at: 0 } as never,
  },
  { kind: 'read', run: RUN },
  { kind: 'still', run: RUN, key: KEY },
  { kind: 'refusal', run: RUN, key: KEY },
  { kind: 'fault', run: RUN, key: KEY, error: {} as never },
  { kind: 'reuse', run: RUN } as never,
  { kind: 'outcome', run: RUN } as never,
];

test.each(asks.map((ask) => [ask.kind, ask] as const))(
  '%s is refused to a worker that has lost the row',
  async (_, ask) => {
    const lost = coordinator({ holder: 'w2' });
    await expect(lost.ask(ask)).rejects.toMatchObject({ code: 'aborted' });
  },
);

test('a row that its worker does not name three times in a row is queued again', async () => {
  const { ask, released } = coordinator({ holder: 'w1' });
  const ping = (...named: string[]) => ask({ kind: 'ping', runs: named });
  for (const named of [[], [], [RUN], [], []]) await ping(...named);
  expect(released).toEqual([]);
  await ping();
  expect(released).toEqual([RUN]);
});

test('of the runs of an earlier lease a worker goes on with those that are open and not another worker’s', async () => {
  const { ask, run } = coordinator();
  const hold = (from: string) => ask({ kind: 'hold', runs: [RUN, 'bat_1/1/1', 'bat_1/7/1'] }, from);
  expect(await hold('w1')).toEqual({ dropped: ['bat_1/1/1', 'bat_1/7/1'] });
  expect(run.holder).toBe('w1');
  expect(await hold('w2')).toMatchObject({ dropped: [RUN, 'bat_1/1/1', 'bat_1/7/1'] });
});
