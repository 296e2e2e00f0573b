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
    'has 90 % of them used and refuses less than 2.5 % where tries cost more: $name',
    async (scenario) => {
      const { usedShare, refusedShare } = await simulate(scenario);
      expect(usedShare).toBeGreaterThanOrEqual(0.9);
      expect(refusedShare).toBeLessThan(0.025);
    },
  );
});

it.each([
  { callers: 100, latencyMs: 50, minutes: 1, share: 0.04, least: 0.98 },
  { callers: 20, latencyMs: 500, minutes: 20, share: 0.02, least: 0.98 },
  { callers: 20, latencyMs: 500, minutes: 20, share: 0.04, least: 0.98 },
  // Here they sometimes look like those of a limit, which is given up when its rests never end.
  { callers: 20, latencyMs: 500, minutes: 30, share: 0.1, least: 0.4 },
])('refusals of $share of all calls by chance leave $least of the speed: $callers callers', async (world) => {
  const { callers, latencyMs, minutes, share, least } = world;
  const clock = createVirtualClock();
  const random = seeded(11);
  const chance = () =>
    random() < share
      ? new AppError('model_rate_limited', 'By chance.', { retryable: true, retryAfterMs: 1000 })
      : undefined;
  const server = createLimitedServer({ clock, limits: {}, latencyMs: () => latencyMs, chance });
  const member = createLanes({ clock, random }).join('anthropic', 'm');
  for (let caller = 0; caller < callers; caller += 1) void server.work(member);
  await clock.runTo(minutes * 60_000);
  // A refused call waits for a second, and is then sent again.
  const callMs = latencyMs + (share / (1 - share)) * (1000 + latencyMs * 0.1 + 5);
  expect(server.served).toBeGreaterThan((least * callers * minutes * 60_000) / callMs);
});
