import type { Fence } from '../../storage/leases.ts';
import type { RowRecord } from '../../storage/rows.ts';
import type { RunnerDeps } from '../deps.ts';

/** Rows of a source that is loaded while rows run. */
export interface RowArrivals {
  /** No further row arrives. */
  isOver(): boolean;
  /**
   * Calls `onRows` after rows were stored, and once when it is over. Returns the function that ends the listening.
   * Contract: `isOver` holds before the last call.
   */
  listen(onRows: () => void): () => void;
}

/** Rows that are claimed and not begun. */
export interface Claims {
  size(): number;
  /** The first of them, which is not of them any more. */
  take(): RowRecord | undefined;
  /** Claims so many more, as far as there are any. */
  claim(rows: number): Promise<void>;
  /** Puts all of them back into the queue. */
  giveBack(): Promise<void>;
  /** No row is left to be claimed. */
  isExhausted(): boolean;
}

/** Starts without any. @param most how many it claims at all */
export function createClaims(
  fence: Fence,
  { store, clock }: Pick<RunnerDeps, 'store' | 'clock'>,
  most = Number.POSITIVE_INFINITY,
): Claims {
  const claimed: RowRecord[] = [];
  let left = most;
  let exhausted = false;
  return {
    size: () => claimed.length,
    take: () => claimed.shift(),
    async claim(rows) {
      const limit = Math.min(rows, left);
      const more = await store.claimRows(fence, { limit, at: clock.now() });
      left -= more.length;
      exhausted = more.length < limit || left === 0;
      claimed.push(...more);
    },
    async giveBack() {
      if (claimed.length > 0) exhausted = false;
      await Promise.all(claimed.splice(0).map(({ row }) => store.returnRow(fence, row)));
    },
    isExhausted: () => exhausted,
  };
}
