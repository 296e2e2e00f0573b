import { expect, it } from 'vitest';
import { AppError } from '../../../src/base/errors.ts';
import { createDayGate } from '../../../src/runner/rows/day-gate.ts';

const key = (run: string) => ({ run, turn: 0, call: 0 });
const NO_ROOM = new AppError('budget_reached', 'no room', { retryable: true });

/** A commit that has room from the `from`-th try on. */
function commitFrom(from: number, fault = NO_ROOM) {
  let tries = 0;
  const commit = async () => {
    tries += 1;
    if (tries < from) throw fault;
  };
  return { commit, tries: () => tries };
}

it('waits for calls in flight, once for each end', async () => {
  const gate = createDayGate();
  await gate.admit(key('a'), async () => undefined);
  await gate.admit(key('b'), async () => undefined);
  const waiting = commitFrom(3);
  const admitted = gate.admit(key('c'), waiting.commit);
  await new Promise(setImmediate);
  expect(waiting.tries()).toBe(1);
  gate.ended(key('a'));
  await new Promise(setImmediate);
  expect(waiting.tries()).toBe(2);
  gate.ended(key('b'));
  await admitted;
  expect(waiting.tries()).toBe(3);
});

it('gives up when no call is in flight, and when waiting cannot help', async () => {
  const gate = createDayGate();
  await expect(gate.admit(key('a'), commitFrom(9).commit)).rejects.toBe(NO_ROOM);
  await gate.admit(key('b'), async () => undefined);
  const spent = new AppError('budget_reached', 'spent');
  await expect(gate.admit(key('c'), commitFrom(9, spent).commit)).rejects.toBe(spent);
  const other = new AppError('store_unavailable', 'locked', { retryable: true });
  await expect(gate.admit(key('c'), commitFrom(9, other).commit)).rejects.toBe(other);
});

it('a waiting call whose others have all ended without leaving room gives up, and is not itself in flight', async () => {
  const gate = createDayGate();
  await gate.admit(key('a'), async () => undefined);
  const [first, second] = ['c', 'd'].map((run) => gate.admit(key(run), commitFrom(99).commit));
  gate.ended(key('never admitted'));
  gate.ended(key('a'));
  await expect(first).rejects.toBe(NO_ROOM);
  await expect(second).rejects.toBe(NO_ROOM);
});
