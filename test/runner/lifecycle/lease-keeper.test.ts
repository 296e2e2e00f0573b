import { expect, test } from 'vitest';
import { createSilentLog } from '../../../src/base/log.ts';
import type { RunnerDeps } from '../../../src/runner/deps.ts';
import { keepLease } from '../../../src/runner/lifecycle/lease-keeper.ts';
import { createManualClock } from '../../support/manual-clock.ts';

test('a lease is renewed once a second, until its keeper stops', async () => {
  const clock = createManualClock();
  let renewals = 0;
  const store = {
    renewLease: async () => {
      renewals += 1;
      return null;
    },
    readSettings: async () => ({}),
  };
  const deps = { store, clock, log: createSilentLog() } as unknown as RunnerDeps;
  const ignore = () => undefined;
  const keeper = keepLease({ batchId: 'bat_1', epoch: 1 }, deps, { control: ignore, settings: ignore, lost: ignore });
  await expect.poll(() => clock.sleepers()).toBe(1);
  await clock.advance(999);
  expect(renewals).toBe(1);
  await clock.advance(1);
  await expect.poll(() => clock.sleepers()).toBe(1);
  expect(renewals).toBe(2);
  await keeper.stop();
  expect(clock.sleepers()).toBe(0);
});
