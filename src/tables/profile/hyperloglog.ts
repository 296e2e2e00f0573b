/**
 * 2^12 registers: a standard error of 1.6 % in 4 KiB a column.
 *
 * Our own implementation of Flajolet et al. 2007 with the small-range correction, because no maintained library is fast
 * enough: the HyperLogLog of bloom-filters 3.0 took 410 µs for one value (measured). 500 MB of CSV hold 40 million
 * cells, and the whole budget of a cell is about 300 ns. The hash is FNV-1a with MurmurHash3's finaliser, computed once
 * for all counters of a column. xxhash-wasm took 210 ns for the same work that takes 130 ns here, because it first
 * copies each string into its own memory.
 */
const REGISTER_BITS = 12;
const REGISTERS = 1 << REGISTER_BITS;

/** Estimates the number of distinct values that were added. */
export interface DistinctCounter {
  /** @param hash 32 well-mixed bits */
  add(hash: number): void;
  estimate(): number;
}

export function createDistinctCounter(): DistinctCounter {
  const ranks = new Uint8Array(REGISTERS);
  return {
    add(hash) {
      const register = hash >>> (32 - REGISTER_BITS);
      // The low bit that is set here keeps the rank within the remaining 20 bits.
      const rank = Math.clz32((hash << REGISTER_BITS) | (1 << (REGISTER_BITS - 1))) + 1;
      if (rank > (ranks[register] ?? 0)) ranks[register] = rank;
    },
    estimate() {
      let sum = 0;
      let empty = 0;
      for (const rank of ranks) {
        sum += 2 ** -rank;
        if (rank === 0) empty += 1;
      }
      const raw = ((0.7213 / (1 + 1.079 / REGISTERS)) * REGISTERS * REGISTERS) / sum;
      if (raw <= 2.5 * REGISTERS && empty > 0) return Math.round(REGISTERS * Math.log(REGISTERS / empty));
      // Above 2^32 / 30, hashes of 32 bits start to collide.
      return Math.round(raw <= 2 ** 32 / 30 ? raw : -(2 ** 32) * Math.log(1 - raw / 2 ** 32));
    },
  };
}

/** The hash of a text, and its length in characters (code points); one loop computes both. */
export interface Measured {
  hash: number;
  characters: number;
}

/** Writes hash and length of `text` into `into`: creating one object per cell would be most of the work. */
export function measure(text: string, into: Measured): void {
  let hash = 0x811c9dc5;
  let pairs = 0;
  const { length } = text;
  for (let index = 0; index < length; index += 1) {
    const unit = text.charCodeAt(index);
    if ((unit & 0xfc00) === 0xdc00) pairs += 1;
    hash = Math.imul(hash ^ unit, 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  into.hash = (hash ^ (hash >>> 16)) | 0;
  into.characters = length - pairs;
}
