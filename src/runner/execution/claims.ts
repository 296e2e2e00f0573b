import type { Fence } from '../../storage/leases.ts';
import type { RowRecord } from '../../storage/rows.ts';
import type { LiveRows } from '../lifecycle/live-rows.ts';
import type { ExecutionDeps } from './execution-deps.ts';

/** The arrival of rows from a source that is loaded while rows run. */
export interface RowArrivals {
  /** Whether no further row arrives. */
  isOver(): boolean;
  /**
   * Calls `onRows` after rows were stored, and once at the end of the arrivals. Returns the function that ends the
   * listening. Contract: `isOver` holds before the last call.
   */
  listen(onRows: () => void): () => void;
  /**
   * Loads all rows, however many, for an executor that needs them before it starts. Resolves once no further row
   * arrives; earlier when the signal fires or loading fails.
   */
  all(signal: AbortSignal): Promise<void>;
}

/** Rows that are claimed and not started. */
export interface Claims {
  size(): number;
  /** Removes and returns the first of them. */
  take(): RowRecord | undefined;
  /** Claims up to `rows` more rows. */
  claim(rows: number): Promise<void>;
  /** Whether another claim may find rows: false if the last claim found too few and no row has arrived since. */
  mayClaim(): boolean;
  /** Returns all of them to the queue. */
  giveBack(): Promise<void>;
  /** Whether no row is left to be claimed, and no further row arrives. */
  isExhausted(): boolean;
  /** Ends the listening to arrivals. */
  close(): void;
}

/** The options of claiming a batch's rows. */
interface ClaimsOptions {
  fence: Fence;
  deps: Pick<ExecutionDeps, 'store' | 'clock'>;
  /** The maximum number of rows to claim in total. */
  rows?: number;
  /** Absent where all rows are stored before the first is claimed. */
  arrivals?: RowArrivals;
  /** Reports rows that are queued again. */
  live?: Pick<LiveRows, 'listen'>;
}

/** Starts with no claimed rows. @param onRows called when a claim may be repeated after one that found too few rows */
export function createClaims({ fence, deps, rows: most, arrivals, live }: ClaimsOptions, onRows: () => void): Claims {
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
  const unlistenRequeued = live?.listen(() => {
    news += 1;
    isWaiting = false;
    if (left > 0) exhausted = false;
    onRows();
  });
  return {
    size: () => claimed.length,
    take: () => claimed.shift(),
    async claim(rows) {
      const limit = Math.min(rows, left);
      // Both are read before the claim: rows that arrive during the claim may be too late for it.
      const wasOver = arrivals?.isOver() ?? true;
      const known = news;
      const more = await store.claimRows(fence, { limit, at: clock.now() });
      left -= more.length;
      const isShort = more.length < limit;
      exhausted = left === 0 || (isShort && wasOver && known === news);
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
    close: () => {
      unlisten?.();
      unlistenRequeued?.();
    },
  };
}
