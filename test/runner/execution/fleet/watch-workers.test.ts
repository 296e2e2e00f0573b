import { expect, test } from 'vitest';
import type { Presence } from '../../../../src/fleet/presence.ts';
import { createWorkerWatch } from '../../../../src/runner/execution/fleet/watch-workers.ts';

const told = (id: string, beat: number): Presence => ({
  ...{ id, host: 'host', pid: 1, version: '1', tags: [], concurrency: 4, running: 0, rows: 0 },
  ...{ isDraining: false, unfit: [], startedAt: 0, at: 0, beat },
});

test('a worker is gone when it tells nothing new six times in a row', () => {
  const watch = createWorkerWatch({ version: '1', tags: [] });
  watch.see([told('a', 1), told('b', 1)]);
  for (let beat = 2; beat <= 6; beat += 1) watch.see([told('a', beat), told('b', 1)]);
  expect(watch.isAlive('b')).toBe(true);
  watch.see([told('a', 7), told('b', 1)]);
  expect(watch.isAlive('b')).toBe(false);
  expect(watch.alive().map(({ id }) => id)).toEqual(['a']);
  watch.see([told('a', 8), told('b', 2)]);
  expect(watch.isAlive('b')).toBe(true);
});

test('a worker that was never read is gone after as many looks', () => {
  const watch = createWorkerWatch({ version: '1', tags: [] });
  expect(watch.isAlive('new')).toBe(true);
  for (let look = 0; look < 6; look += 1) watch.see([]);
  expect(watch.isAlive('new')).toBe(false);
});
