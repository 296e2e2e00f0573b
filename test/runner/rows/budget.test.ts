import { expect, test } from 'vitest';
import { createBudget } from '../../../src/runner/rows/budget.ts';
import { mulberry32 } from '../../support/messages-server.ts';

/** Whether a promise has settled by the time that everything queued before now has run. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  await new Promise((resolve) => setImmediate(resolve));
  return (await Promise.race([promise, Promise.resolve(pending)])) === pending;
}

test('without a cap everything fits', async () => {
  const budget = createBudget(undefined, 1e12);
  await budget.reserve(1e12);
  budget.settle(1e12, 1e12);
});

test('a call of unknown price fits without a cap, and under no cap', async () => {
  const free = createBudget(undefined, 0);
  await free.reserve(undefined);
  free.settle(0, undefined);
  free.setCap(100);
  await expect(free.reserve(undefined)).rejects.toMatchObject({ code: 'budget_unpriced' });
});

test('waits for calls in flight, and takes what they leave', async () => {
  const budget = createBudget(100, 0);
  await budget.reserve(60);
  const second = budget.reserve(60);
  expect(await isPending(second)).toBe(true);
  budget.settle(60, 40);
  await second;
});

test('refuses when nothing is in flight and the call does not fit', async () => {
  const budget = createBudget(100, 95);
  await expect(budget.reserve(10)).rejects.toMatchObject({
    code: 'budget_reached',
    message: expect.stringContaining('cap of $0.0001'),
  });
});

test('those who wait are refused once the last call in flight has used the rest', async () => {
  const budget = createBudget(100, 0);
  await budget.reserve(80);
  const waiting = [budget.reserve(30), budget.reserve(30)];
  budget.settle(80, 80);
  for (const one of waiting) await expect(one).rejects.toMatchObject({ code: 'budget_reached' });
});

test('a refused call gives its share back; a lost one keeps it', async () => {
  const budget = createBudget(100, 0);
  await budget.reserve(100);
  budget.settle(100, 0);
  await budget.reserve(60);
  budget.settle(60, undefined);
  await expect(budget.reserve(41)).rejects.toMatchObject({ code: 'budget_reached' });
  await budget.reserve(40);
});

test.each([1, 2, 3, 4, 5])('never exceeds the cap, and never waits with nothing in flight (seed %i)', async (seed) => {
  const random = mulberry32(seed);
  const cap = 10_000;
  const budget = createBudget(cap, 0);
  let spent = 0;
  let inFlightWorst = 0;
  let inFlight = 0;
  let refused = 0;
  const call = async () => {
    const worst = 1 + random() * 400;
    try {
      await budget.reserve(worst);
    } catch {
      refused += 1;
      expect(inFlight).toBe(0);
      expect(spent + worst).toBeGreaterThan(cap);
      return;
    }
    inFlight += 1;
    inFlightWorst += worst;
    expect(spent + inFlightWorst).toBeLessThanOrEqual(cap + 1e-6);
    for (let turns = Math.floor(random() * 20); turns > 0; turns -= 1) await Promise.resolve();
    const lot = random();
    const cost = lot < 0.1 ? 0 : lot < 0.2 ? undefined : worst * random();
    inFlight -= 1;
    inFlightWorst -= worst;
    spent += cost ?? worst;
    budget.settle(worst, cost);
  };
  await Promise.all(Array.from({ length: 300 }, call));
  expect(inFlight).toBe(0);
  expect(spent).toBeLessThanOrEqual(cap);
  expect(refused).toBeGreaterThan(0);
});
