import { describe, expect, it } from 'vitest';
import { bytes, count, counted, dollars, duration, GIGABYTE } from '../../src/base/figures.ts';

/** Values of every magnitude between two powers of ten, with those at which rounding carries over. */
function spread(from: number, to: number): number[] {
  const values: number[] = [];
  for (let exponent = from; exponent <= to; exponent += 1) {
    for (let step = 1; step < 100; step += 1) values.push((step / 10) * 10 ** exponent);
    for (const share of [0.9994, 0.9995, 0.99994, 0.99995, 0.999999]) values.push(share * 10 ** exponent);
  }
  return values.sort((a, b) => a - b);
}

describe('dollars', () => {
  it.each([
    [null, 'unknown'],
    [Number.NaN, 'unknown'],
    [0, '$0'],
    [0.00002, '$0.00002'],
    [0.000123, '$0.000123'],
    [0.0000004, '$0.0000004'],
    [4e-10, '<$0.000000001'],
    [0.5, '$0.50'],
    [0.05, '$0.05'],
    [0.99996, '$1.00'],
    [12.3456, '$12.35'],
    [1234.5, '$1,234.50'],
    [-0.25, '-$0.25'],
  ])('of %s are %s', (amount, text) => {
    expect(dollars(amount)).toBe(text);
  });

  it('never show an amount as zero, nor with two digits wrong, nor smaller than a smaller one', () => {
    let before = 0;
    for (const amount of spread(-12, 6)) {
      const text = dollars(amount);
      expect(text, String(amount)).toMatch(/^<?\$\d{1,3}(,\d{3})*\.\d{2,9}$/);
      const shown = Number(text.replace(/[<$,]/g, ''));
      expect(shown, text).toBeGreaterThan(0);
      if (amount >= 1e-8) expect(Math.abs(shown / amount - 1), text).toBeLessThan(0.051);
      expect(shown, text).toBeGreaterThanOrEqual(before);
      before = shown;
    }
  });
});

/** The seconds that a text of {@link duration} stands for. */
function secondsOf(text: string): number {
  const units: Record<string, number> = { ms: 0.001, s: 1, min: 60, h: 3600 };
  return [...text.matchAll(/([\d.]+) (ms|s|min|h)/g)].reduce(
    (sum, [, figure, unit]) => sum + Number(figure) * (units[unit ?? ''] ?? Number.NaN),
    0,
  );
}

describe('a duration', () => {
  it.each([
    [null, 'unknown'],
    [0, '0 ms'],
    [0.04, '40 ms'],
    [0.0999, '0.1 s'],
    [3.25, '3.3 s'],
    [9.96, '10 s'],
    [59.7, '1 min'],
    [61, '1 min 1 s'],
    [119.7, '2 min'],
    [3599.6, '1 h'],
    [7500, '2 h 5 min'],
    [7199, '2 h'],
  ])('of %s s is %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });

  it('has no part that is full, and stands for what it is', () => {
    const wrong: string[] = [];
    for (let tenths = 0; tenths < 100_000; tenths += 1) {
      const seconds = tenths / 10;
      const text = duration(seconds);
      const isFull = /\b(60 s|60 min|1000 ms)\b/.test(text);
      if (isFull || Math.abs(secondsOf(text) - seconds) > (seconds < 3600 ? 0.5 : 30))
        wrong.push(`${seconds}: ${text}`);
    }
    expect(wrong).toEqual([]);
  });
});

describe('bytes', () => {
  it.each([
    [null, 'unknown'],
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1 kB'],
    [1700, '1.7 kB'],
    [9960, '10 kB'],
    [999_600, '1 MB'],
    [25_000_000, '25 MB'],
    [4 * GIGABYTE, '4 GB'],
  ])('of %s are %s', (value, text) => {
    expect(bytes(value)).toBe(text);
  });

  it('have at most three digits before the point, and are right to a twentieth', () => {
    const units = ['B', 'kB', 'MB', 'GB', 'TB'];
    for (const value of spread(0, 14).map(Math.round)) {
      const match = /^(\d{1,3}|\d\.[1-9]) (B|[kMGT]B)$/.exec(bytes(value));
      expect(match, `${value}: ${bytes(value)}`).not.toBeNull();
      const shown = Number(match?.[1]) * 1000 ** units.indexOf(match?.[2] ?? '');
      expect(Math.abs(shown - value)).toBeLessThanOrEqual(value * 0.051);
    }
  });
});

describe('a count', () => {
  it.each([
    [12_345, '12,345'],
    [12.55, '12.6'],
    [0, '0'],
    [0.035, '0.035'],
  ])('of %s is %s', (value, text) => {
    expect(count(value)).toBe(text);
  });

  it('agrees with its noun', () => {
    expect([counted(1, 'row'), counted(12_345, 'row')]).toEqual(['1 row', '12,345 rows']);
  });
});
