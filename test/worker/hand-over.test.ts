import { expect, test } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { createSilentLog } from '../../src/base/log.ts';
import type { BatchSession } from '../../src/worker/batch-session.ts';
import { handOver } from '../../src/worker/hand-over.ts';
import type { KeptAnswer } from '../../src/worker/kept-answers.ts';
import { createManualClock } from '../support/manual-clock.ts';

const answer = (batchId: string): KeptAnswer => ({ batchId, answered: { run: `${batchId}/0/1`, by: 'w0' } as never });
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Two batches with an answer each. `reply`: what their coordinators do with it; no coordinator where it has none. */
const handingOver = (reply: Map<string, () => Promise<null>>) => {
  const clock = createManualClock();
  const drain = new AbortController();
  const asked: string[] = [];
  const state = { isForgotten: false, isOver: false };
  const left = () => ({
    answers: [answer('bat_1'), answer('bat_2')],
    forget: () => {
      state.isForgotten = true;
    },
  });
  const sessionOf = async (batchId: string) => {
    const own = reply.get(batchId);
    const request = () => {
      asked.push(batchId);
      return own?.();
    };
    return own === undefined ? undefined : ({ request } as unknown as BatchSession);
  };
  const { first, all } = handOver({ left } as never, sessionOf, {
    ...{ drain: drain.signal, clock, log: createSilentLog() },
  });
  void all.then(() => {
    state.isOver = true;
  });
  return { clock, drain, asked, state, first };
};
const committed = async () => null;

test('answers are forgotten when their coordinators have committed all of them, and not before', async () => {
  const reply = new Map([['bat_1', committed]]);
  const { clock, asked, state, first } = handingOver(reply);
  await first;
  expect({ asked, ...state }).toEqual({ asked: ['bat_1'], isForgotten: false, isOver: false });
  reply.set('bat_2', committed);
  await clock.advance(5_000);
  await turn();
  expect({ asked, ...state }).toEqual({ asked: ['bat_1', 'bat_2'], isForgotten: true, isOver: true });
});

test('an answer that a coordinator could not commit is handed over again', async () => {
  const refused = () => Promise.reject(new AppError('store_unavailable', 'The disk is full.'));
  const reply = new Map<string, () => Promise<null>>([
    ['bat_1', refused],
    ['bat_2', committed],
  ]);
  const { clock, asked, state, first } = handingOver(reply);
  await first;
  expect(state.isForgotten).toBe(false);
  reply.set('bat_1', committed);
  await clock.advance(5_000);
  await turn();
  expect(asked).toEqual(['bat_1', 'bat_2', 'bat_1']);
  expect(state.isForgotten).toBe(true);
});

test('rows begin after three seconds, though a coordinator is silent', async () => {
  const { clock, first } = handingOver(new Map([['bat_1', () => new Promise<null>(() => undefined)]]));
  let isFirstOver = false;
  void first.then(() => {
    isFirstOver = true;
  });
  await clock.advance(2_999);
  expect(isFirstOver).toBe(false);
  await clock.advance(1);
  expect(isFirstOver).toBe(true);
});

test('a worker that drains keeps what is left for the next one', async () => {
  const { drain, state, first } = handingOver(new Map([['bat_1', committed]]));
  await first;
  drain.abort();
  await turn();
  expect(state).toEqual({ isForgotten: false, isOver: true });
});
