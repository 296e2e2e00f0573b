import { expect, test } from 'vitest';
import { startDeadline } from '../../../src/agent/loop/deadline.ts';
import { createManualClock } from '../../support/manual-clock.ts';

function begin(timeoutMs: number) {
  const clock = createManualClock();
  const parent = new AbortController();
  return { clock, parent, deadline: startDeadline(parent.signal, timeoutMs, clock) };
}

test('fires when its time is up', async () => {
  const { clock, deadline } = begin(1000);
  await clock.advance(999);
  expect(deadline.signal.aborted).toBe(false);
  await clock.advance(1);
  expect(deadline.signal.aborted).toBe(true);
  expect(deadline.expired()).toBe(true);
});

test('does not count what passes while it is held, however long', async () => {
  const { clock, deadline } = begin(1000);
  await clock.advance(400);
  const release = deadline.hold();
  await clock.advance(5000);
  const releaseInner = deadline.hold();
  release();
  await clock.advance(5000);
  releaseInner();
  await clock.advance(599);
  expect(deadline.signal.aborted).toBe(false);
  await clock.advance(1);
  expect(deadline.expired()).toBe(true);
});

test('does not count what is given back', async () => {
  const { clock, deadline } = begin(1000);
  await clock.advance(900);
  deadline.giveBack(700);
  await clock.advance(799);
  expect(deadline.signal.aborted).toBe(false);
  await clock.advance(1);
  expect(deadline.expired()).toBe(true);
});

test('fires with its parent while it is held, and is not expired then', () => {
  const { parent, deadline } = begin(1000);
  deadline.hold();
  parent.abort(new Error('over'));
  expect(deadline.signal.reason).toMatchObject({ message: 'over' });
  expect(deadline.expired()).toBe(false);
});

test('leaves no timer behind when it ends, held or not', async () => {
  const { clock, deadline } = begin(1000);
  const release = deadline.hold();
  deadline.end();
  release();
  await clock.advance(2000);
  expect(clock.sleepers()).toBe(0);
  expect(deadline.signal.aborted).toBe(false);
});
