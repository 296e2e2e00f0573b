import { describe, expect, it } from 'vitest';
import { simulateChance } from '../providers/lanes/chance-refusals.ts';
import { SCENARIOS, simulate } from '../providers/lanes/limit-scenarios.ts';

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
  { callers: 20, latencyMs: 500, minutes: 20, share: 0.02, least: 0.98 },
  { callers: 20, latencyMs: 500, minutes: 20, share: 0.04, least: 0.98 },
  // Here they sometimes look like those of a limit, which is given up when its rests never end.
  { callers: 20, latencyMs: 500, minutes: 30, share: 0.1, least: 0.4 },
])(
  'refusals of $share of all calls by chance leave $least of the speed: $callers callers',
  async ({ least, ...world }) => {
    expect(await simulateChance(world)).toBeGreaterThan(least);
  },
);
