import { expect, test } from 'vitest';
import { interleave, medianRatio } from '../../bench/pairs.ts';

test('runs every other round backwards', async () => {
  const order: string[] = [];
  const run = (name: string) => async (round: number) => {
    order.push(`${name}${round}`);
    return round;
  };
  const rounds = await interleave(3, { a: run('a'), b: run('b') });
  expect(order).toEqual(['a0', 'b0', 'b1', 'a1', 'a2', 'b2']);
  expect(rounds).toEqual([
    { a: 0, b: 0 },
    { a: 1, b: 1 },
    { a: 2, b: 2 },
  ]);
});

test('takes each ratio within one round, so that a slow round doesn’t count', () => {
  const rounds = [
    { before: 10, after: 11 },
    { before: 100, after: 110 },
    { before: 10, after: 30 },
  ];
  expect(medianRatio(rounds, ['after', 'before'], (value) => value)).toBeCloseTo(1.1);
});
