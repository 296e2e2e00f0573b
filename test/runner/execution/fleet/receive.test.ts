import { expect, test } from 'vitest';
import { AppError } from '../../../../src/base/errors.ts';
import { createSilentLog } from '../../../../src/base/log.ts';
import type { ToCoordinator, ToWorker } from '../../../../src/runner/execution/fleet/messages.ts';
import { createReceiver } from '../../../../src/runner/execution/fleet/receive.ts';
import { createEvents } from '../../../../src/telemetry/create-events.ts';

const answer = { kind: 'answer' as const } as ToCoordinator['body'];
const outcome = { kind: 'outcome' as const } as ToCoordinator['body'];

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

const receiver = (serve: (message: ToCoordinator) => Promise<unknown>) => {
  const log = createSilentLog();
  const told: ToWorker['body'][] = [];
  const waiting: (() => unknown)[] = [];
  const receive = createReceiver({
    ...{ batchId: 'bat_1', epoch: 1, serve, log, events: createEvents({ log }) },
    sender: {
      send: (_, message) => void waiting.push(() => (typeof message === 'function' ? message() : message)),
    },
  });
  /** What is sent at the end of a turn. */
  const flush = () => {
    for (const make of waiting.splice(0)) told.push((make() as ToWorker).body);
    return told;
  };
  return { receive, flush };
};
const message = (id: number, body: ToCoordinator['body'], after?: number[]): ToCoordinator => ({
  ...{ from: 'w1', epoch: 1, floor: 1, id, body },
  ...(after !== undefined && { after }),
});

test('an outcome that arrives before its answer is settled after it', async () => {
  const served: number[] = [];
  const { receive } = receiver(async ({ id }) => void served.push(id ?? 0));
  const early = receive([message(2, outcome, [1])]);
  await turn();
  expect(served).toEqual([]);
  await receive([message(1, answer)]);
  await early;
  expect(served).toEqual([1, 2]);
});

test('an outcome whose answer can not be committed is refused', async () => {
  const served: number[] = [];
  const { receive, flush } = receiver(async ({ id, body }) => {
    served.push(id ?? 0);
    if (body.kind === 'answer') throw new AppError('store_unavailable', 'The disk is full.');
  });
  await receive([message(1, answer), message(2, outcome, [1])]);
  expect(served).toEqual([1]);
  expect(flush()).toMatchObject([
    { kind: 'refused', id: 1 },
    { kind: 'refused', id: 2, error: { code: 'store_unavailable' } },
  ]);
});

test('requests that are only acknowledged are acknowledged together, up to the moment of the sending', async () => {
  const { receive, flush } = receiver(async ({ body }) => (body.kind === 'outcome' ? null : { timeoutMs: 5 }));
  await receive([message(1, outcome), message(2, answer)]);
  await receive([message(3, outcome)]);
  expect(flush()).toEqual([
    { kind: 'done', ids: [1, 3] },
    { kind: 'reply', id: 2, value: { timeoutMs: 5 } },
  ]);
  await receive([message(4, outcome)]);
  expect(flush().slice(2)).toEqual([{ kind: 'done', ids: [4] }]);
});

test('an answer is acknowledged when it is committed, and not before', async () => {
  const { promise: committed, resolve: commit } = Promise.withResolvers<null>();
  const { receive, flush } = receiver(() => committed);
  const receiving = receive([message(1, answer)]);
  await turn();
  expect(flush()).toEqual([]);
  commit(null);
  expect(await receiving).toBe('handled');
  expect(flush()).toEqual([{ kind: 'done', ids: [1] }]);
});

test('a message that arrives twice, as one that somebody repeats, is carried out once', async () => {
  const served: number[] = [];
  const { receive } = receiver(async ({ id }) => void served.push(id ?? 0));
  await receive([message(1, answer)]);
  await receive([message(1, answer)]);
  await receive([{ ...message(2, answer), floor: 2 }]);
  await receive([message(1, answer)]);
  expect(served).toEqual([1, 2]);
});

test('what was sent under an earlier lease is not carried out: its worker is told of this one', async () => {
  const served: number[] = [];
  const { receive, flush } = receiver(async ({ id }) => void served.push(id ?? 0));
  expect(await receive([{ ...message(1, answer), epoch: 0 }])).toBe('handled');
  expect(served).toEqual([]);
  expect(flush()).toEqual([{ kind: 'lease' }]);
});

test('what is sent under a later lease is left for its owner', async () => {
  const served: number[] = [];
  const { receive, flush } = receiver(async ({ id }) => void served.push(id ?? 0));
  expect(await receive([message(1, answer), { ...message(2, answer), epoch: 2 }])).toBe('others');
  expect(served).toEqual([1]);
  expect(flush()).toEqual([{ kind: 'done', ids: [1] }]);
});

test('a worker hears nothing of a request that the lease was lost for: the next owner answers it', async () => {
  const { receive, flush } = receiver(() => Promise.reject(new AppError('lease_lost', 'Another process has it.')));
  await receive([message(1, answer)]);
  expect(flush()).toEqual([]);
});
