import { expect, it } from 'vitest';
import { createRandomSample } from '../../../../src/runner/intake/table/random-sample.ts';

function sampleOf(size: number, rows: number, seed = 'bat_1'): number[] {
  const sample = createRandomSample(size, seed);
  for (let row = 0; row < rows; row += 1) sample.see(row);
  return sample.rows();
}

it('chooses different rows, in order, and the same ones for the same seed', () => {
  const rows = sampleOf(20, 1000);
  expect(new Set(rows).size).toBe(20);
  expect(rows).toEqual(rows.toSorted((a, b) => a - b));
  expect(sampleOf(20, 1000)).toEqual(rows);
  expect(sampleOf(20, 1000, 'bat_2')).not.toEqual(rows);
});

it('chooses every row of a table that is smaller', () => {
  expect(sampleOf(5, 3)).toEqual([0, 1, 2]);
});

it('chooses from every part of a table alike', () => {
  const counts = [0, 0, 0, 0];
  for (let seed = 0; seed < 400; seed += 1) {
    for (const row of sampleOf(5, 100, `bat_${seed}`))
      counts[Math.floor(row / 25)] = (counts[Math.floor(row / 25)] ?? 0) + 1;
  }
  for (const count of counts) expect(Math.abs(count - 500)).toBeLessThan(80);
});
