import { expect, test } from 'vitest';
import { createRunStates } from '../../src/worker/run-states.ts';
import { createSlots } from '../../src/worker/slots.ts';

const statesOf = (slots: number) => {
  const clock = { now: 0 };
  const states = createRunStates(createSlots(slots), () => clock.now);
  const call = (run: string) => ({ own: states.ofRun(run), call: states.ofKey({ run, turn: 0, call: 0 }) });
  return { states, clock, call };
};

test('the time in which calls of a run are in progress is counted', async () => {
  const { states, clock, call } = statesOf(1);
  const { own, call: first } = call('a');
  expect(await states.enter('a', own, first)).toBe(true);
  clock.now = 30;
  states.leave('a', first);
  states.leave('a', first);
  expect(own.times.slotMs).toBe(30);
});

test('a call that is granted after its run has ended has no slot', async () => {
  const { states, call } = statesOf(1);
  const late = call('a');
  states.end('a');
  expect(await states.enter('a', late.own, late.call)).toBe(false);
  const next = call('b');
  expect(await states.enter('b', next.own, next.call)).toBe(true);
});

test('a run that ends gives up the slot of a call without an answer', async () => {
  const { states, call } = statesOf(1);
  const ended = call('a');
  await states.enter('a', ended.own, ended.call);
  const next = call('b');
  const entering = states.enter('b', next.own, next.call);
  states.end('a');
  expect(await entering).toBe(true);
});
