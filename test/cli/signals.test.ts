import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { listenForStop, type SignalName } from '../../src/cli/signals.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function listen(hardAfterMs?: number) {
  const listeners = new Set<(name: SignalName) => void>();
  const told: string[] = [];
  const stop = listenForStop(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    {
      onFirst: () => told.push('first'),
      onSecond: () => told.push('second'),
      ...(hardAfterMs !== undefined && { hardAfterMs }),
    },
    () => Date.now(),
  );
  const send = (name: SignalName) => {
    for (const listener of listeners) listener(name);
  };
  return { stop, told, send };
}

it('the first signal drains, the second stops at once', () => {
  const { stop, told, send } = listen();
  send('SIGTERM');
  expect([stop.signal.aborted, stop.hardSignal.aborted]).toEqual([true, false]);
  vi.advanceTimersByTime(3_600_000);
  expect(stop.hardSignal.aborted).toBe(false);
  send('SIGTERM');
  expect([stop.hardSignal.aborted, told]).toEqual([true, ['first', 'second']]);
});

it('a drain that takes too long is stopped once, and not after it has ended', () => {
  const { stop, told, send } = listen(30_000);
  send('SIGTERM');
  vi.advanceTimersByTime(29_999);
  expect(stop.hardSignal.aborted).toBe(false);
  vi.advanceTimersByTime(1);
  expect(stop.hardSignal.aborted).toBe(true);
  send('SIGTERM');
  expect(told).toEqual(['first', 'second']);
  const ended = listen(30_000);
  ended.send('SIGINT');
  ended.stop.close();
  vi.advanceTimersByTime(30_000);
  expect(ended.stop.hardSignal.aborted).toBe(false);
});
