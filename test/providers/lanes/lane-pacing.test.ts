import { expect, it } from 'vitest';
import { simulateChance, timeOfChance } from './chance-refusals.ts';
import { SCENARIOS, simulate } from './limit-scenarios.ts';

/** One of each kind of limit, and of what the server says; test/e2e/lane-pacing.test.ts runs all. */
const QUICK = [
  ...['bucket of 1,000, full; headers', 'bucket of 1,000, full; retry-after', 'bucket of 1,000, full; nothing'],
  ...[
    'window of 1,000; headers',
    'window of 1,000; nothing',
    'bucket of 1,000, full, 40 % used by another client; headers',
  ],
];

it.each(SCENARIOS.filter(({ name }) => QUICK.includes(name)))(
  'a server that allows a number of requests a minute has 95 % of them used and refuses less than 1 %: $name',
  async (scenario) => {
    const { usedShare, refusedShare } = await simulate(scenario);
    expect(usedShare).toBeGreaterThanOrEqual(0.95);
    expect(refusedShare).toBeLessThan(0.01);
  },
);

it('refusals of 0.04 of all calls by chance leave 0.98 of the speed', async () => {
  expect(await simulateChance({ callers: 100, latencyMs: 50, minutes: 1, share: 0.04 })).toBeGreaterThan(0.98);
});

it('refusals by chance are not taken for a limit, whatever their order: 60 batches of 2,000 calls', async () => {
  const times: number[] = [];
  for (let seed = 1; seed <= 60; seed += 1) times.push(await timeOfChance(2_000, seed));
  times.sort((one, other) => one - other);
  expect((times.at(-1) ?? 0) / (times[30] ?? 0)).toBeLessThan(2);
});
