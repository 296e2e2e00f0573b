import { afterEach, expect, test } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import type { Answered, ToCoordinator, ToWorker } from '../../src/runner/execution/fleet/messages.ts';
import { toWire } from '../../src/runner/execution/fleet/wire.ts';
import { type BatchSession, createBatchSession } from '../../src/worker/batch-session.ts';

let session: BatchSession;
let sent: ToCoordinator[];
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
  session = createBatchSession({
    ...{ batchId: 'bat_1', epoch: 1, worker: 'w1' },
    sender: { send: (_, message) => void sent.push(message as ToCoordinator) },
    monotonic: () => 0,
    runs: () => [RUN],
    abort: () => undefined,
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
