import { expect, it } from 'vitest';
import { createSpread } from '../../../../src/runner/output/statistics/spread.ts';

it('has no figures before the first duration', () => {
  expect(createSpread().seconds()).toEqual({ mean: null, p50: null, p95: null, max: null });
});

it('has percentiles that are at most 2 % too high, and the exact mean and largest', () => {
  const spread = createSpread();
  for (let ms = 10_000; ms >= 1; ms -= 1) spread.add(ms);
  const { mean, p50, p95, max } = spread.seconds();
  expect([mean, max]).toEqual([5.001, 10]);
  for (const [found, exact] of [
    [p50, 5],
    [p95, 9.5],
  ] as const) {
    expect(found).toBeGreaterThanOrEqual(exact);
    expect(found).toBeLessThanOrEqual(exact * 1.021);
  }
});

it('counts a duration of nothing', () => {
  const spread = createSpread();
  spread.add(0);
  expect(spread.seconds()).toEqual({ mean: 0, p50: 0, p95: 0, max: 0 });
});
