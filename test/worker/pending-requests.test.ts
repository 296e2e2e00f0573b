import { expect, test } from 'vitest';
import { createPendingRequests } from '../../src/worker/pending-requests.ts';

const pendingRequests = () => {
  const clock = { now: 0 };
  const sent: { id: number; after: number[] }[] = [];
  const pending = createPendingRequests(
    () => clock.now,
    ({ id }, after) => void sent.push({ id, after }),
    { next: 1 },
  );
  const add = (after: number[] = []) => {
    const { request } = pending.add({ kind: 'snapshot', hash: 'h' }, after);
    pending.send(request);
    return request;
  };
  /** When the requests that are due are sent again, up to a time. */
  const repeats = (untilMs: number) => {
    const times: number[] = [];
    for (; clock.now <= untilMs; clock.now += 500) {
      for (const request of pending.due()) {
        times.push(clock.now);
        pending.send(request);
      }
    }
    return times;
  };
  return { clock, pending, sent, add, repeats };
};

test('a request is sent again until it is answered, each time after a longer wait', () => {
  const { pending, add, repeats } = pendingRequests();
  const { id } = add();
  expect(repeats(60_000)).toEqual([2_000, 6_000, 14_000, 30_000, 46_000]);
  pending.take(id);
  expect(repeats(120_000)).toEqual([]);
});

test('when the coordinator is there again, what it may have missed is sent again immediately, then as at first', () => {
  const { pending, add, repeats } = pendingRequests();
  add();
  repeats(20_000);
  pending.hurry();
  expect(repeats(27_000)).toEqual([20_500, 24_500]);
});

test('a request names those before it that are pending, and the floor is below all of them', () => {
  const { pending, sent, add } = pendingRequests();
  const [first, second] = [add(), add()];
  pending.take(first.id);
  add([first.id, second.id]);
  expect(sent.at(-1)).toEqual({ id: 3, after: [second.id] });
  expect(pending.floor()).toBe(second.id);
});
