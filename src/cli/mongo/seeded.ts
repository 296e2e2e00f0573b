/** Random choices that are the same for the same seed. */
export interface Seeded {
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number;
  chance(share: number): boolean;
  pick<T>(list: readonly T[]): T;
  /** Some of a list, in its order. */
  some<T>(list: readonly T[], count: number): T[];
}

/** Mulberry32, whose state is 32 bits: enough for invented data, unfit for secrets. */
export function seeded(seed: number): Seeded {
  let state = Math.imul(seed + 1, 0x9e3779b1);
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (low: number, high: number) => low + Math.floor(next() * (high - low + 1));
  const pick = <T>(list: readonly T[]): T => list[between(0, list.length - 1)] as T;
  return {
    between,
    chance: (share) => next() < share,
    pick,
    some: (list, count) => {
      const left = list.map((_, at) => at);
      const taken = Array.from({ length: Math.min(count, list.length) }, () => {
        const [at = 0] = left.splice(between(0, left.length - 1), 1);
        return at;
      });
      return taken.sort((a, b) => a - b).map((at) => list[at] as (typeof list)[number]);
    },
  };
}
