import type { Fence } from '../../storage/leases.ts';
import type { RowRecord } from '../../storage/rows.ts';
import type { ExecutionDeps } from './execution-deps.ts';

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
  /** Another claim may find rows: not when the last one found too few, and none arrived since. */
  mayClaim(): boolean;
  /** Puts all of them back into the queue. */
  giveBack(): Promise<void>;
  /** No row is left to be claimed, and none arrives any more. */
  isExhausted(): boolean;
  /** Ends the listening to arrivals. */
  close(): void;
}

/** What a batch's rows are claimed with. */
interface ClaimsOptions {
  fence: Fence;
  deps: Pick<ExecutionDeps, 'store' | 'clock'>;
  /** How many it claims at all. */
  rows?: number;
  /** Absent where all rows are stored before the first is claimed. */
  arrivals?: RowArrivals;
}

/** Starts without any. @param onRows called when a claim that found too few may be made again */
export function createClaims({ fence, deps, rows: most, arrivals }: ClaimsOptions, onRows: () => void): Claims {
  const { store, clock } = deps;
  const claimed: RowRecord[] = [];
  let left = most ?? Number.POSITIVE_INFINITY;
  let exhausted = false;
  let isWaiting = false;
  let news = 0;
  const unlisten = arrivals?.listen(() => {
    news += 1;
    isWaiting = false;
    onRows();
  });
  return {
    size: () => claimed.length,
    take: () => claimed.shift(),
    async claim(rows) {
      const limit = Math.min(rows, left);
      // Both as they were before: what arrives while the claim is made may have come too late for it.
      const wasOver = arrivals?.isOver() ?? true;
      const known = news;
      const more = await store.claimRows(fence, { limit, at: clock.now() });
      left -= more.length;
      const isShort = more.length < limit;
      exhausted = left === 0 || (isShort && wasOver);
      isWaiting = isShort && !exhausted && known === news;
      claimed.push(...more);
    },
    mayClaim: () => !exhausted && !isWaiting,
    async giveBack() {
      if (claimed.length > 0) {
        exhausted = false;
        isWaiting = false;
      }
      await Promise.all(claimed.splice(0).map(({ row }) => store.returnRow(fence, row)));
    },
    isExhausted: () => exhausted,
    close: () => unlisten?.(),
  };
}
