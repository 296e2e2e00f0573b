import type { DatabaseSync } from 'node:sqlite';
import { AppError, type ErrorCode } from '../../base/errors.ts';
import type { Fence } from '../leases.ts';
import { type BillSums, prepareBillSums } from './batches/bills.ts';
import { prepareAddTotals, type TotalsDelta, zeroDelta } from './batches/totals.ts';
import { type DayCaps, type DaySums, prepareDaySums } from './spending/day-spending.ts';
import { prepare } from './statement.ts';
import { prepareUsageSums, type UsageSums } from './usage/usage-sums.ts';

/** The fields of a batch that a fenced write needs. */
export interface FencedBatch {
  key: number;
  epoch: number;
  rowLimit: number | null;
  /** 1: the row limit counts places, not row numbers. */
  limitsPlaces: 0 | 1;
  /** 1 once the batch has its own row order or held rows. */
  picksRows: 0 | 1;
  /** 1: ended rows are added to the outbox. */
  delivers: number;
  /** The queue whose jobs its rows are. */
  queue: number | null;
  /** The key with a budget that started the batch. */
  budgetKey: string | null;
}

/**
 * State that the operations of one transaction share: the verified leases, and the additions to the totals, which are
 * written once per batch at the end. No other process can write in between: the transaction holds the write lock.
 */
export interface Transaction {
  /** @throws AppError `lease_lost` unless the fence has the batch's epoch; `batch_not_found` */
  fenced(fence: Fence): FencedBatch;
  /**
   * Every operation that changes a lease, a row limit, how rows are picked or whether they are delivered must call
   * this.
   */
  forget(batchId: string): void;
  /** The sums that this transaction adds to a batch; the caller adds to them. */
  totals(batch: number): TotalsDelta;
  countFailures(batch: number, code: ErrorCode, by: number): void;
  bills: BillSums;
  /** The sums over time. */
  usage: UsageSums;
  /** The sums of days, where a cap of a day is set. */
  days: DaySums;
  /** Writes the sums to the database. */
  flush(): void;
  /** To be called once it is committed. Not for a part of a transaction, which may still be rolled back. */
  committed(): void;
}

/** Prepares the statements; the result starts a transaction's bookkeeping (not the transaction itself). */
export function prepareTransactions(db: DatabaseSync, caps: DayCaps): () => Transaction {
  const beginDays = prepareDaySums(db, caps);
  const readFence = prepare<FencedBatch>(
    db,
    `SELECT b.key, l.epoch, b.row_limit AS rowLimit, b.limit_by_place AS limitsPlaces, b.picks_rows AS picksRows, b.delivers,
       b.queue, b.budget_key AS budgetKey
     FROM batches b JOIN batch_leases l ON l.batch = b.key WHERE b.id = ?`,
  );
  const addTotals = prepareAddTotals(db);
  const beginBills = prepareBillSums(db);
  const beginUsage = prepareUsageSums(db);
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
    const usage = beginUsage();
    const days = beginDays();

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
      usage.flush();
      days.flush();
      deltas.clear();
      failures.clear();
    }

    const forget = (batchId: string) => void batches.delete(batchId);
    const { committed } = usage;
    return { fenced, forget, totals, countFailures, bills, usage, days, flush, committed };
  };
}
