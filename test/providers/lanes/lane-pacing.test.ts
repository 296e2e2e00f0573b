import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/base/errors.ts';
import { createLanes } from '../../../src/providers/lanes/lane.ts';
import { createLimitedServer, createVirtualClock, seeded } from './lane-world.ts';
import { SCENARIOS, simulate } from './limit-scenarios.ts';

describe('a server that allows a number of requests a minute', () => {
  it.each(SCENARIOS.filter(({ isHard }) => !isHard))(
    'has 95 % of them used and refuses less than 1 %: $name',
    async (scenario) => {
      const { usedShare, refusedShare } = await simulate(scenario);
      expect(usedShare).toBeGreaterThanOrEqual(0.95);
      expect(refusedShare).toBeLessThan(0.01);
    },
  );

  it.each(SCENARIOS.filter(({ isHard }) => isHard))(
    'has 90 % of them used where tries cost more, or a little more than the limit is asked for: $name',
    async (scenario) => {
      const { usedShare, refusedShare } = await simulate(scenario);
      expect(usedShare).toBeGreaterThanOrEqual(0.9);
      expect(refusedShare).toBeLessThan(0.12);
    },
  );
});

it('refusals by chance slow no batch', async () => {
  const clock = createVirtualClock();
  const random = seeded(11);
  const chance = () =>
    random() < 0.04
      ? new AppError('model_rate_limited', 'By chance.', { retryable: true, retryAfterMs: 1000 })
      : undefined;
  const server = createLimitedServer({ clock, limits: {}, latencyMs: () => 50, chance });
  const member = createLanes({ clock, random }).join('anthropic', 'm');
  for (let caller = 0; caller < 100; caller += 1) void server.work(member);
  await clock.runTo(60_000);
  // Each call takes 50 ms, and one of 25 a second more: 100 callers have about 1,100 a second.
  expect(server.served).toBeGreaterThan(0.95 * 60 * 1100);
});
