import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createPriceTable } from '../../../src/providers/prices/prices.ts';
import { mustConfirm, spendingOfRest, spendingOfStart } from '../../../src/runner/intake/money/spending.ts';
import { estimateRest } from '../../../src/runner/output/estimate-rest.ts';
import type { BatchRecord } from '../../../src/storage/batches.ts';
import { echo, startWorld, table, type World, words } from '../world.ts';

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

let stored: BatchRecord | undefined;
beforeAll(async () => {
  const made = await startWorld();
  await made.write('table.csv', table(words(3)));
  stored = await made.store.readBatch(await made.start());
  await made.close();
});

/** A batch of 1,000 rows whose measured attempts cost these micro-dollars, by one model. */
function measured(costs: number[], rows = 1000) {
  if (stored === undefined) throw new Error('no batch');
  const bill = {
    models: [],
    succeeded: {
      attempts: costs.length,
      costMicroUsd: costs.reduce((sum, cost) => sum + cost, 0),
      squares: costs.reduce((sum, cost) => sum + cost ** 2, 0),
    },
    failed: { attempts: 0, costMicroUsd: 0, squares: 0 },
  };
  return estimateRest({ ...stored, columns: ['q'] }, bill, { rows, prices: createPriceTable() });
}

/** Normally distributed numbers, repeatable (Box and Muller on Park and Miller's generator). */
function normal(seed: number): (mean: number, spread: number) => number {
  let state = seed;
  const random = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  return (mean, spread) => mean + spread * Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
}

describe('the estimate of the rest', () => {
  it('is the mean a row times the rows, without a range where all rows cost the same', async () => {
    expect(measured(Array(20).fill(50))).toMatchObject({
      rows: 1000,
      cost_usd: { low: 0.05, expected: 0.05, high: 0.05 },
      basis: expect.stringContaining('measured on 20 rows of this batch, $0.00005 a row'),
    });
  });

  it('says that a small sample is one, and is wider for it', async () => {
    const few = measured([40, 50, 60]);
    expect(few?.basis).toContain('A small sample');
    expect(few?.cost_usd?.expected).toBe(0.05);
    const many = measured(Array.from({ length: 60 }, (_, index) => 40 + 10 * (index % 3)));
    expect(many?.basis).not.toContain('small');
    expect((few?.cost_usd?.high ?? 0) - 0.05).toBeGreaterThan(5 * ((many?.cost_usd?.high ?? 0) - 0.05));
  });

  it('of one row is at most threefold between its ends, and says so', async () => {
    expect(measured([50])).toMatchObject({
      cost_usd: { low: 0.03, expected: 0.05, high: 0.0875 },
      basis: expect.stringContaining('one row shows no spread'),
    });
  });

  it('holds the true cost of the rest about 95 times of 100', async () => {
    const next = normal(7);
    let held = 0;
    for (let trial = 0; trial < 400; trial += 1) {
      const sample = Array.from({ length: 12 }, () => next(100, 25));
      const rest = Array.from({ length: 300 }, () => next(100, 25)).reduce((sum, cost) => sum + cost, 0) / 1e6;
      const range = measured(sample, 300)?.cost_usd;
      if (range && range.low <= rest && rest <= range.high) held += 1;
    }
    expect(held).toBeGreaterThanOrEqual(370);
    expect(held).toBeLessThanOrEqual(390);
  });

  it('is told by a sample, in its report and its next step, and agrees with what the rest then costs', async () => {
    world = await startWorld({ respond: echo });
    await world.write('table.csv', table(words(50)));
    const id = await world.start({ sample: 10 });
    const sample = await world.runner.drive(id);
    expect(sample).toMatchObject({
      pause_reason: 'sample',
      estimate_rest: { rows: 40, cost_usd: { low: 0.0008, expected: 0.0008, high: 0.0008 } },
      next_step: expect.stringContaining('The other 40 rows may cost about $0.0008'),
    });
    await world.runner.resume(id);
    const whole = await world.runner.drive(id);
    expect(whole.estimate_rest).toBeNull();
    expect((whole.cost_usd ?? 0) - (sample.cost_usd ?? 0)).toBeCloseTo(0.0008, 12);
  });

  it('is unknown where the price is', async () => {
    world = await startWorld({ agent: { model: { provider: 'anthropic', model: 'claude-nobody-knows' } } });
    await world.write('table.csv', table(words(5)));
    const id = await world.start({ sample: 2 });
    expect(await world.runner.drive(id)).toMatchObject({
      cost_usd: null,
      bill: { input: { tokens: 200, cost_usd: null }, succeeded: { attempts: 2, cost_usd: null } },
      estimate_rest: { rows: 3, cost_usd: null, basis: expect.stringContaining('unknown') },
    });
  });

  it('is the first estimate before anything has run', async () => {
    world = await startWorld();
    await world.write('table.csv', table(words(5)));
    const { report, plan } = await world.runner.create(world.request());
    await world.runner.pause(report.batch_id);
    expect((await world.runner.report(report.batch_id)).estimate_rest).toEqual(plan.estimate);
  });
});

describe('what is about to be spent', () => {
  const estimate = {
    ...{ rows: 100, tokens: null, duration_seconds: null, basis: '' },
    cost_usd: { low: 5, expected: 10, high: 30 },
  };

  it('is the high end of the cost, and at most the cap', () => {
    expect(spendingOfStart(estimate.cost_usd, {})).toBe(30);
    expect(spendingOfStart(estimate.cost_usd, { max_cost_usd: 4 })).toBe(4);
    expect(spendingOfStart(null, { max_cost_usd: 4 })).toBeNull();
  });

  it('of the rest is at most what the cap leaves', () => {
    const counts = { total: 9, queued: 2, running: 0, succeeded: 7, failed: 0 };
    expect(spendingOfRest(estimate, { cost_usd: 3, counts }, undefined)).toBe(30);
    expect(spendingOfRest(estimate, { cost_usd: 3, counts }, 7)).toBe(4);
    expect(spendingOfRest(null, { cost_usd: 3, counts }, 7)).toBeNull();
    expect(spendingOfRest(null, { cost_usd: 3, counts: { ...counts, queued: 0 } }, undefined)).toBe(0);
  });

  it.each([
    [4.99, 5, false],
    [5, 5, false],
    [5.01, 5, true],
    [null, 5, true],
    [0, 0, true],
    [0, 5, false],
  ])('%s dollars under a limit of %s: somebody has to agree is %s', (expected, limit, must) => {
    expect(mustConfirm(expected, limit)).toBe(must);
  });
});
