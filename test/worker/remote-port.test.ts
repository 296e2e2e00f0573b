import { expect, test } from 'vitest';
import type { AnyAsk } from '../../src/runner/execution/fleet/messages.ts';
import type { JournalIntent } from '../../src/storage/journal.ts';
import type { BatchSession } from '../../src/worker/batch-session.ts';
import { createRemotePort } from '../../src/worker/remote-port.ts';
import { createSlots } from '../../src/worker/slots.ts';

const RUN = 'bat_1/0/1';
const intentOf = (run: string, call: number): JournalIntent => ({
  ...{ run, turn: 0, call, kind: 'tool', name: 'count', request: {}, idempotent: false },
  ...{ worstMicroUsd: null, at: 0 },
});
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** The port of a worker with one slot, whose coordinator answers when the test says so. */
const portOf = () => {
  const state = { now: 0, isFresh: true };
  const asked: { ask: AnyAsk; after: readonly number[]; answer: (value?: unknown) => Promise<void> }[] = [];
  const kept: string[] = [];
  const commits: (() => Promise<void>)[] = [];
  const session = {
    ...{ batchId: 'bat_1', worker: 'w1', now: () => state.now, isFresh: () => state.isFresh },
    request: (ask: AnyAsk, after: readonly number[] = []) =>
      new Promise((resolve) => {
        const answer = (value: unknown = {}) => {
          resolve(value);
          return turn();
        };
        asked.push({ ask, after, answer });
      }),
    sendAnswer: () => {
      const { promise: committed, resolve } = Promise.withResolvers<null>();
      commits.push(() => {
        resolve(null);
        return turn();
      });
      return { id: 41, committed };
    },
  } as unknown as BatchSession;
  const port = createRemotePort(session, {
    ...{ first: {}, slots: createSlots(1), cache: undefined },
    kept: {
      keep: ({ answered }) => {
        kept.push(answered.by);
        return () => void kept.pop();
      },
    },
  });
  /** Asks for a call. `sent`: it may be sent. */
  const call = (number: number, run = RUN) => {
    const state = { sent: false, refused: false };
    port.journal.commitIntent(intentOf(run, number)).then(
      () => {
        state.sent = true;
      },
      () => {
        state.refused = true;
      },
    );
    return state;
  };
  const kinds = () => asked.map(({ ask }) => ask.kind);
  const answer = () =>
    port.journal.commitAnswer(
      { run: RUN, turn: 0, call: 0 },
      { response: {}, usage: null, costMicroUsd: 0, requestId: null, at: 0 },
    );
  return { port, state, asked, kinds, call, kept, commits, answer };
};

test('a call is sent when the coordinator has committed its intent, and not before', async () => {
  const { call, asked } = portOf();
  const first = call(0);
  await turn();
  expect(first.sent).toBe(false);
  expect(asked[0]?.ask).toMatchObject({ kind: 'grant', intent: { idempotent: false }, entry: null });
  await asked[0]?.answer();
  expect(first.sent).toBe(true);
});

test('a grant that arrives after the worker was cut off is confirmed before its call is sent', async () => {
  const { state, call, asked, kinds } = portOf();
  const first = call(0);
  state.isFresh = false;
  await asked[0]?.answer();
  expect(first.sent).toBe(false);
  expect(kinds()).toEqual(['grant', 'still']);
  state.isFresh = true;
  await asked[1]?.answer(null);
  expect(first.sent).toBe(true);
});

test('a grant that waited long for a slot is confirmed before its call is sent', async () => {
  const { state, call, asked, kinds, answer } = portOf();
  call(0);
  const other = call(0, 'bat_1/1/1');
  await asked[0]?.answer();
  await asked[1]?.answer();
  state.now = 2_001;
  await answer();
  await turn();
  expect(other.sent).toBe(false);
  expect(kinds()).toEqual(['grant', 'grant', 'still']);
  await asked[2]?.answer(null);
  expect(other.sent).toBe(true);
});

test('an answer is kept on the disk until it is committed, and the next call is granted after it', async () => {
  const { call, asked, answer, kept, commits } = portOf();
  call(0);
  await asked[0]?.answer();
  await answer();
  expect(kept).toEqual(['w1']);
  call(1);
  await turn();
  expect(asked[1]?.after).toEqual([41]);
  await commits[0]?.();
  expect(kept).toEqual([]);
});
