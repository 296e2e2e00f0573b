import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { createLiveRows } from '../../../src/runner/lifecycle/live-rows.ts';

test('rows that have ended are forgotten, and leave nothing on the signal of the batch', () => {
  const hard = new AbortController();
  const live = createLiveRows(hard.signal);
  const ended = Array.from({ length: 200 }, (_, row) => {
    const { signal, end } = live.begin({ row, attempt: 1 });
    end();
    return signal;
  });
  const { signal } = live.begin({ row: 0, attempt: 1 });
  expect(getEventListeners(hard.signal, 'abort')).toHaveLength(1);
  hard.abort();
  expect([signal.aborted, ...ended.map((each) => each.aborted)]).toEqual([true, ...ended.map(() => false)]);
});

test('a cancellation aborts its attempt, also before that begins, and no other attempt of the row', () => {
  const live = createLiveRows(new AbortController().signal);
  const first = live.begin({ row: 3, attempt: 1 });
  live.cancel({ row: 3, attempt: 1 });
  first.end();
  live.cancel({ row: 4, attempt: 2 });
  const [again, early, other] = [
    live.begin({ row: 3, attempt: 2 }),
    live.begin({ row: 4, attempt: 2 }),
    live.begin({ row: 5, attempt: 1 }),
  ];
  expect([first, again, early, other].map(({ signal }) => signal.aborted)).toEqual([true, false, true, false]);
});
