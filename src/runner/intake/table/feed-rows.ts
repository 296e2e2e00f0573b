import { toAppError } from '../../../base/errors.ts';
import type { BatchRecord } from '../../../storage/batches.ts';
import type { Fence } from '../../../storage/leases.ts';
import type { LiveSource } from '../../../tables/row-source.ts';
import type { RunnerDeps } from '../../deps.ts';
import type { RowArrivals } from '../../execution/claims.ts';
import { newRow } from './new-row.ts';

/** Loads a source while its rows run. */
export interface Feeder {
  arrivals: RowArrivals;
  /** Reports that rows were claimed or that the concurrency has changed: another page may be due. */
  wake(): void;
  /** Stops loading, even if rows remain. Idempotent. */
  stop(): Promise<void>;
}

interface FeederParts {
  source: LiveSource;
  batch: BatchRecord;
  fence: Fence;
  store: RunnerDeps['store'];
  /** Another page is loaded once fewer rows than this are queued. */
  ahead: () => number;
  onFault: (thrown: unknown) => void;
}

/**
 * Loads page after page, at most one page and `ahead` rows before they are claimed. After a crash the source returns
 * rows of this batch again: rows whose key is stored are skipped, so no row is lost or duplicated. The end of the
 * source is stored after its last page; a crash between the two makes the next process read to the end again.
 */
export function startFeeder({ source, batch, fence, store, ahead, onFault }: FeederParts): Feeder {
  const stopped = new AbortController();
  const listeners = new Set<() => void>();
  const limit = batch.rowLimit ?? Number.POSITIVE_INFINITY;
  let rows = batch.totals.rows;
  let isExhausted = batch.intake?.isOver ?? true;
  let changes = 0;
  let wantsAll = false;
  let wakeUp: (() => void) | undefined;
  const wake = () => {
    changes += 1;
    wakeUp?.();
  };
  const tell = () => {
    for (const listener of listeners) listener();
  };
  /** Rows beyond the limit are not claimed, so they are not loaded either. */
  const isOver = () => isExhausted || rows >= limit;

  async function untilWanted(): Promise<void> {
    while (!stopped.signal.aborted) {
      const seen = changes;
      const queued = await store.countQueued(batch.id);
      if (wantsAll || queued < ahead()) return;
      if (seen !== changes) continue;
      await new Promise<void>((resolve) => {
        wakeUp = resolve;
      });
    }
  }

  async function feed(): Promise<void> {
    const pages = source.rows(stopped.signal)[Symbol.asyncIterator]();
    try {
      while (!isOver()) {
        await untilWanted();
        if (stopped.signal.aborted) return;
        const page = await pages.next();
        if (page.done === true) break;
        const first = rows;
        rows += await store.insertRows(
          fence,
          page.value.map((row, index) => newRow(row, first + index)),
        );
        tell();
      }
      if (isOver()) return;
      await store.updateBatch(batch.id, { intake: { isOver: true, total: rows } }, { fence });
      isExhausted = true;
    } finally {
      await pages.return?.();
    }
  }

  const feeding = feed()
    .catch((thrown: unknown) => {
      if (!(stopped.signal.aborted && toAppError(thrown).code === 'aborted')) onFault(thrown);
    })
    .finally(tell);
  return {
    arrivals: {
      isOver,
      listen(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      async all(signal) {
        wantsAll = true;
        wake();
        const aborted = new Promise<void>((resolve) => {
          if (signal.aborted) resolve();
          else signal.addEventListener('abort', () => resolve(), { once: true });
        });
        await Promise.race([feeding, aborted]);
      },
    },
    wake,
    stop: async () => {
      stopped.abort();
      wake();
      await feeding;
    },
  };
}
