import { afterEach, expect, test } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import type { Answered, ToCoordinator, ToWorker } from '../../src/runner/execution/fleet/messages.ts';
import { toWire } from '../../src/runner/execution/fleet/wire.ts';
import { type BatchSession, createBatchSession } from '../../src/worker/batch-session.ts';

let session: BatchSession;
let sent: ToCoordinator[];
let now: number;
let aborted: string[];
afterEach(() => session.close());

const RUN = 'bat_1/0/1';
const KEY = { run: RUN, turn: 0, call: 0 };
const ANSWERED: Answered = {
  run: RUN,
  key: KEY,
  answer: { response: {}, usage: null, costMicroUsd: 0, requestId: null, at: 0 },
};

const open = () => {
  sent = [];
  now = 0;
  aborted = [];
  session = createBatchSession({
    ...{ batchId: 'bat_1', epoch: 1, worker: 'w1' },
    sender: { send: (_, message) => void sent.push(message as ToCoordinator) },
    numbers: { next: 1 },
    monotonic: () => now,
    runs: () => [RUN],
    abort: (run) => void aborted.push(run),
  });
};
const tell = (body: ToWorker['body'], epoch = 1) => session.receive({ batchId: 'bat_1', epoch, body });
const ask = (after: number[]) => session.request({ kind: 'still', run: RUN, key: KEY }, after);

test('a request that follows an answer says so as long as the answer is not acknowledged', async () => {
  open();
  const { id, committed } = session.sendAnswer(ANSWERED);
  const first = ask([id]);
  expect(sent[1]).toMatchObject({ after: [id] });
  tell({ kind: 'done', ids: [id] });
  await committed;
  const second = ask([id]);
  expect(sent[2]).not.toHaveProperty('after');
  for (const each of sent.slice(1)) tell({ kind: 'reply', id: each.id ?? 0, value: null });
  await Promise.all([first, second]);
});

test('what follows an answer that is refused is refused with it, and not sent again', async () => {
  open();
  const { id, committed } = session.sendAnswer(ANSWERED);
  const following = ask([id]);
  const other = ask([]);
  const full = new AppError('store_unavailable', 'The disk is full.');
  tell({ kind: 'refused', id, error: toWire(full) });
  await expect(committed).rejects.toMatchObject({ code: 'store_unavailable' });
  await expect(following).rejects.toMatchObject({ code: 'store_unavailable' });
  tell({ kind: 'reply', id: sent[2]?.id ?? 0, value: null });
  await other;
});

test('under another lease an answer and what follows it are sent again, still in this order', () => {
  open();
  const { id, committed } = session.sendAnswer(ANSWERED);
  committed.catch(() => undefined);
  ask([id]).catch(() => undefined);
  tell({ kind: 'lease' }, 2);
  const hold = sent.at(-1);
  expect(hold?.body).toMatchObject({ kind: 'hold' });
  tell({ kind: 'reply', id: hold?.id ?? 0, value: { dropped: [] } }, 2);
  return new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
    expect(sent.slice(-2)).toMatchObject([
      { epoch: 2, again: true, body: { kind: 'answer' } },
      { epoch: 2, again: true, body: { kind: 'still' }, after: [id] },
    ]);
  });
});

test('a worker sends nothing new two seconds after the latest request that its coordinator has answered', async () => {
  open();
  expect(session.isFresh()).toBe(false);
  now = 1_000;
  const asked = ask([]);
  now = 2_500;
  tell({ kind: 'done', ids: [sent[0]?.id ?? 0] });
  await asked;
  // From when it was made: the answer may have been long under way.
  now = 3_000;
  expect(session.isFresh()).toBe(true);
  now = 3_001;
  expect(session.isFresh()).toBe(false);
  // What a coordinator says by itself proves nothing: it may be an old message.
  tell({ kind: 'abort', run: 'bat_1/7/1' });
  expect(session.isFresh()).toBe(false);
});

test('a message of an earlier lease counts for nothing, and one of a later lease proves nothing yet', async () => {
  open();
  const earlier = ask([]);
  tell({ kind: 'done', ids: [sent[0]?.id ?? 0] });
  await earlier;
  expect(session.isFresh()).toBe(true);
  const asked = ask([]);
  const id = sent[1]?.id ?? 0;
  let isAnswered = false;
  void asked.then(() => {
    isAnswered = true;
  });
  tell({ kind: 'lease' }, 2);
  tell({ kind: 'done', ids: [id] });
  tell({ kind: 'abort', run: RUN });
  await new Promise<void>((resolve) => setImmediate(resolve));
  expect({ isAnswered, aborted, isFresh: session.isFresh() }).toEqual({
    isAnswered: false,
    aborted: [],
    isFresh: false,
  });
  tell({ kind: 'done', ids: [id] }, 2);
  await asked;
  tell({ kind: 'abort', run: RUN }, 2);
  expect(aborted).toEqual([RUN]);
});

test('a reply counts once, however often somebody sends it', async () => {
  open();
  const first = ask([]);
  const id = sent[0]?.id ?? 0;
  tell({ kind: 'reply', id, value: null });
  await first;
  const second = ask([]);
  let isAnswered = false;
  void second.then(
    () => {
      isAnswered = true;
    },
    () => undefined,
  );
  tell({ kind: 'reply', id, value: null });
  await new Promise<void>((resolve) => setImmediate(resolve));
  expect(isAnswered).toBe(false);
});

test('runs that a later lease drops are aborted', async () => {
  open();
  tell({ kind: 'lease' }, 2);
  tell({ kind: 'reply', id: sent.at(-1)?.id ?? 0, value: { dropped: [RUN] } }, 2);
  await new Promise<void>((resolve) => setImmediate(resolve));
  expect(aborted).toEqual([RUN]);
});
