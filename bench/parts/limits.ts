import { SCENARIOS, simulate } from '../../test/providers/lanes/limit-scenarios.ts';
import { grouped, type Part } from '../part.ts';

/** How much of a limit a lane uses, and how many of its calls are refused, on a simulated clock. */
export const limits: Part = async ({ progress }) => {
  const rows: string[][] = [];
  for (const scenario of SCENARIOS) {
    progress(`limits: ${scenario.name}`);
    const { served, usedShare, refusedShare } = await simulate(scenario);
    const shares = [`${(usedShare * 100).toFixed(1)} %`, `${(refusedShare * 100).toFixed(2)} %`];
    rows.push([scenario.name, grouped(served), ...shares, scenario.isHard ? 'no' : 'yes']);
  }
  return {
    title: 'Limits of a provider',
    about:
      'Callers that never rest against a limit of calls a minute, on a simulated clock: a bucket refills evenly, a window turns ' +
      'by the minute. What the server reports stands after the name: rate headers, `retry-after` alone, or nothing.',
    header: ['limit', 'served', 'of the limit used', 'refused', '95 % used and < 1 % refused is promised'],
    rows,
    verdicts: [],
  };
};
