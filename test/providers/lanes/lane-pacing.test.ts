import { describe, expect, it } from 'vitest';
import { SCENARIOS, simulate } from './limit-scenarios.ts';

describe('a server that allows a number of requests a minute', () => {
  it.each(SCENARIOS.filter(({ sendsHeaders }) => sendsHeaders))(
    'has 95 % of them used and refuses less than 1 %: $name',
    async (scenario) => {
      const { usedShare, refusedShare } = await simulate(scenario);
      expect(usedShare).toBeGreaterThanOrEqual(0.95);
      expect(refusedShare).toBeLessThan(0.01);
    },
  );
});
