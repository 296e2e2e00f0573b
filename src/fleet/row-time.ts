/** How long a row keeps a place of a worker. */
export interface RowTime {
  see(ms: number): void;
  /** The mean of the latest rows, in milliseconds; infinite while none is known. */
  mean(): number;
}

/** The weight of one row in the mean. */
const WEIGHT = 0.1;

/** Starts without rows. */
export function createRowTime(): RowTime {
  let mean = Number.POSITIVE_INFINITY;
  return {
    see(ms) {
      mean = Number.isFinite(mean) ? mean + (Math.max(1, ms) - mean) * WEIGHT : Math.max(1, ms);
    },
    mean: () => mean,
  };
}
