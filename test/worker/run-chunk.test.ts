import { expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import type { AnyAsk, BegunTask } from '../../src/runner/execution/fleet/messages.ts';
import type { RowOutcome } from '../../src/runner/rows/row-run.ts';
import type { BatchWork } from '../../src/worker/batch-work.ts';
import type { OpenedSnapshot } from '../../src/worker/open-snapshots.ts';
import { runChunk } from '../../src/worker/run-chunk.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const OUTPUT = { kind: 'output', input: {}, output: {}, processingMs: 1, costMicroUsd: 0 } as unknown as RowOutcome;

/** A chunk of which so many rows are made ready; the test answers and stores them. */
const chunkOf = (count: number, ready: number) => {
  const tasks = Array.from({ length: count }, (_, row) => ({ task: { run: `bat_1/${row}/1` } }) as BegunTask);
  const started: string[] = [];
  const reported: string[] = [];
  const given: string[][] = [];
  const ended: string[] = [];
  const rows = new Map<string, { answer: () => void; stored: () => void }>();
  const stores = new Map<string, () => void>();
  const request = async (ask: AnyAsk): Promise<unknown> => {
    if (ask.kind === 'begin') return { tasks };
    if (ask.kind === 'return') given.push(ask.runs);
    if (ask.kind !== 'outcome') return null;
    reported.push(ask.run);
    return new Promise<null>((resolve) => stores.set(ask.run, () => resolve(null)));
  };
  const run = (task: BegunTask['task'], onAnswered: () => void) =>
    new Promise<RowOutcome>((resolve) => {
      started.push(task.run);
      const answer = () => {
        onAnswered();
        resolve(OUTPUT);
      };
      rows.set(task.run, { answer, stored: () => stores.get(task.run)?.() });
    });
  const port = {
    hashed: () => [],
    sentAnswers: () => [],
    answerFault: () => undefined,
    times: () => undefined,
    end: () => undefined,
  };
  const work = {
    session: { request, seeEpoch: () => undefined, epoch: () => 1 },
    begin: () => undefined,
    end: (id: string) => void ended.push(id),
    signalOf: () => new AbortController().signal,
    snapshot: async () => ({ runs: { run }, port, see: () => undefined }) as unknown as OpenedSnapshot,
    readiness: { see: () => undefined, rows: () => ready },
  } as unknown as BatchWork;
  const drain = new AbortController();
  const chunk = { id: 'chk_1', batchId: 'bat_1', epoch: 1, from: 0, to: count - 1 };
  const answer = async (row: number) => {
    rows.get(`bat_1/${row}/1`)?.answer();
    await turn();
  };
  const store = async (row: number) => {
    rows.get(`bat_1/${row}/1`)?.stored();
    await turn();
  };
  return {
    running: runChunk(chunk, work, { drain: drain.signal, clock: systemClock }),
    started,
    reported,
    given,
    ended,
    drain,
    answer,
    store,
  };
};

test('a row begins when the one before it has its output, and the one before that is stored', async () => {
  const { started, answer, store } = chunkOf(3, 0);
  await turn();
  expect(started).toHaveLength(1);
  await answer(0);
  expect(started).toHaveLength(2);
  await answer(1);
  expect(started).toHaveLength(2);
  await store(0);
  expect(started).toHaveLength(3);
});

test('fast rows are made ready while one runs', async () => {
  const { started, answer } = chunkOf(10, 5);
  await turn();
  expect(started).toHaveLength(1 + 5);
  await answer(0);
  expect(started).toHaveLength(2 + 5);
});

test('there is room for another chunk when the last rows have their output and are not stored yet', async () => {
  const { running, answer, ended, store } = chunkOf(2, 0);
  await turn();
  await answer(0);
  await answer(1);
  expect(await running).toBe(2);
  expect(ended).toEqual([]);
  await store(0);
  await store(1);
  expect(ended).toEqual(['bat_1/0/1', 'bat_1/1/1']);
});

test('a worker that drains gives back the rows that it has not begun', async () => {
  const { running, answer, given, ended, drain } = chunkOf(3, 0);
  await turn();
  drain.abort();
  await answer(0);
  expect(await running).toBe(1);
  expect(given).toEqual([['bat_1/1/1', 'bat_1/2/1']]);
  expect(ended).toEqual(['bat_1/1/1', 'bat_1/2/1']);
});
