import type { DatabaseSync } from 'node:sqlite';
import { AppError, type ErrorCode } from '../../base/errors.ts';
import type { Fence } from '../leases.ts';
import { type BillSums, prepareBillSums } from './batches/bills.ts';
import { prepareAddTotals, type TotalsDelta, zeroDelta } from './batches/totals.ts';
import { prepare } from './statement.ts';

/** What a fenced write needs to know of its batch. */
export interface FencedBatch {
  key: number;
  epoch: number;
  rowLimit: number | null;
  /** 1 once it has an order of its own or held rows. */
  picksRows: 0 | 1;
  /** 1: ended rows go to the outbox. */
  delivers: number;
}

/**
 * What the operations of one transaction share: the leases they have verified, and what they add to the totals, which
 * is written once per batch at the end. Nobody else can write in between: the transaction holds the write lock.
 */
export interface Transaction {
  /** @throws AppError `lease_lost` unless the fence has the batch's epoch; `batch_not_found` */
  fenced(fence: Fence): FencedBatch;
  /** To be called by whatever changes a lease, a row limit, how rows are picked or whether they are delivered. */
  forget(batchId: string): void;
  /** The sums that this transaction adds to a batch; the caller adds to them. */
  totals(batch: number): TotalsDelta;
  countFailures(batch: number, code: ErrorCode, by: number): void;
  bills: BillSums;
  /** Writes the sums out. */
  flush(): void;
}

/** Prepares the statements; the result begins a transaction's bookkeeping (not the transaction itself). */
export function prepareTransactions(db: DatabaseSync): () => Transaction {
  const readFence = prepare<FencedBatch>(
    db,
    `SELECT b.key, l.epoch, b.row_limit AS rowLimit, b.picks_rows AS picksRows, b.delivers
     FROM batches b JOIN batch_leases l ON l.batch = b.key WHERE b.id = ?`,
  );
  const addTotals = prepareAddTotals(db);
  const beginBills = prepareBillSums(db);
  const addFailures = prepare(
    db,
    `INSERT INTO batch_failures (batch, code, count) VALUES (?1, ?2, max(?3, 0))
     ON CONFLICT (batch, code) DO UPDATE SET count = count + ?3`,
  );

  return () => {
    const batches = new Map<string, FencedBatch>();
    const deltas = new Map<number, TotalsDelta>();
    const failures = new Map<number, Map<ErrorCode, number>>();
    const bills = beginBills();

    function fenced(fence: Fence): FencedBatch {
      const batch = batches.get(fence.batchId) ?? readFence.get(fence.batchId);
      if (batch === undefined) throw new AppError('batch_not_found', `There is no batch ${fence.batchId}.`);
      batches.set(fence.batchId, batch);
      if (batch.epoch !== fence.epoch) {
        throw new AppError(
          'lease_lost',
          `Batch ${fence.batchId} has been taken over by another process; this one stops working on it.`,
        );
      }
      return batch;
    }

    function totals(batch: number): TotalsDelta {
      let delta = deltas.get(batch);
      if (delta === undefined) {
        delta = zeroDelta();
        deltas.set(batch, delta);
      }
      return delta;
    }

    function countFailures(batch: number, code: ErrorCode, by: number): void {
      const codes = failures.get(batch) ?? new Map<ErrorCode, number>();
      failures.set(batch, codes.set(code, (codes.get(code) ?? 0) + by));
    }

    function flush(): void {
      for (const [batch, delta] of deltas) addTotals(batch, delta);
      for (const [batch, codes] of failures) for (const [code, by] of codes) addFailures.run(batch, code, by);
      bills.flush();
      deltas.clear();
      failures.clear();
    }

    return { fenced, forget: (batchId) => batches.delete(batchId), totals, countFailures, bills, flush };
  };
}
