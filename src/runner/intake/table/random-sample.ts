import { createHash } from 'node:crypto';

/** Chooses rows while a table is loaded, in memory for the chosen ones only. */
export interface RandomSample {
  /** Every row that can be chosen, in order. */
  see(row: number): void;
  /** The chosen rows, in order. */
  rows(): number[];
}

/**
 * Chooses `size` rows, each set of rows with the same chance (Vitter's algorithm R). The same seed chooses the same rows
 * of the same table, so that a load that starts again after a crash makes the same sample.
 */
export function createRandomSample(size: number, seed: string): RandomSample {
  const chosen: number[] = [];
  const below = createChance(seed);
  let seen = 0;
  return {
    see(row) {
      seen += 1;
      if (chosen.length < size) {
        chosen.push(row);
        return;
      }
      const at = below(seen);
      if (at < size) chosen[at] = row;
    },
    rows: () => chosen.toSorted((a, b) => a - b),
  };
}

/** Random whole numbers below a limit, made from a seed (mulberry32). */
function createChance(seed: string): (limit: number) => number {
  let state = createHash('sha256').update(seed).digest().readUInt32LE(0);
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}
