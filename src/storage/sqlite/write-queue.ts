import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../base/errors.ts';
import type { LockWait } from './lock-wait.ts';
import { toStoreFault } from './store-fault.ts';
import type { Transaction } from './transaction.ts';

/** Groups the writes of one event-loop turn into one transaction. */
export interface WriteQueue {
  /**
   * Resolves after COMMIT. If an operation throws, only its promise rejects; the others of its group are committed.
   * Contract: `operation` is synchronous and may be run twice (after a rollback), so it keeps nothing outside.
   */
  write<T>(operation: (transaction: Transaction) => T): Promise<T>;
  /** Waits for pending writes and refuses later ones. */
  close(): Promise<void>;
}

interface Pending {
  operation: (transaction: Transaction) => unknown;
  resolve: (value: unknown) => void;
  reject: (fault: AppError) => void;
}

/**
 * How many writers continue in one event-loop turn. Each may send a model call next, which takes 0.2 ms: 400 of them in
 * one turn would block the event loop for 80 ms.
 */
const TOLD_AT_ONCE = 32;

type Outcome = { value: unknown } | { fault: AppError };

export interface WriteQueueOptions {
  path: string;
  /** Starts a transaction's bookkeeping. */
  begin: () => Transaction;
  lock: LockWait;
}

/** A queue on one connection. */
export function createWriteQueue(db: DatabaseSync, { path, begin, lock }: WriteQueueOptions): WriteQueue {
  const beginStatement = db.prepare('BEGIN IMMEDIATE');
  const commitStatement = db.prepare('COMMIT');
  let pending: Pending[] = [];
  let flushing: Promise<void> | null = null;
  let closed = false;

  /** The usual case: no savepoints, totals once per batch. Throws when any operation throws; the caller rolls back. */
  function commitTogether(group: Pending[]): Outcome[] {
    const transaction = begin();
    const outcomes = group.map(({ operation }) => ({ value: operation(transaction) }));
    transaction.flush();
    commitStatement.run();
    return outcomes;
  }

  /** After a fault in the group: each operation has its own savepoint and writes its own totals. */
  function commitApart(group: Pending[]): Outcome[] {
    const outcomes = group.map(({ operation }): Outcome => {
      db.exec('SAVEPOINT operation');
      try {
        const transaction = begin();
        const value = operation(transaction);
        transaction.flush();
        db.exec('RELEASE operation');
        return { value };
      } catch (thrown) {
        // A full disk may have ended the whole transaction; then no write of this group can be kept.
        if (!db.isTransaction) throw thrown;
        db.exec('ROLLBACK TO operation');
        db.exec('RELEASE operation');
        return { fault: toStoreFault(thrown, path) };
      }
    });
    commitStatement.run();
    return outcomes;
  }

  /** One synchronous transaction: no read can run in between. */
  function attempt(way: (group: Pending[]) => Outcome[], group: Pending[]): Outcome[] {
    beginStatement.run();
    try {
      return way(group);
    } catch (thrown) {
      if (db.isTransaction) db.exec('ROLLBACK');
      throw thrown;
    }
  }

  async function commit(group: Pending[]): Promise<Outcome[]> {
    try {
      return await lock.retry(() => attempt(commitTogether, group));
    } catch (thrown) {
      const fault = toStoreFault(thrown, path);
      // A single operation needs no isolation from others. A locked database was already waited for long enough.
      const isLocked = fault.code === 'store_unavailable' && fault.retryable;
      if (group.length === 1 || isLocked) return group.map(() => ({ fault }));
    }
    try {
      return await lock.retry(() => attempt(commitApart, group));
    } catch (thrown) {
      const fault = toStoreFault(thrown, path);
      return group.map(() => ({ fault }));
    }
  }

  async function tell(group: Pending[], outcomes: Outcome[]): Promise<void> {
    for (const [index, { resolve, reject }] of group.entries()) {
      if (index > 0 && index % TOLD_AT_ONCE === 0) await new Promise((go) => setImmediate(go));
      const outcome = outcomes[index];
      if (outcome === undefined) reject(new AppError('internal', 'A write has no outcome.'));
      else if ('fault' in outcome) reject(outcome.fault);
      else resolve(outcome.value);
    }
  }

  async function flush(): Promise<void> {
    while (pending.length > 0) {
      await new Promise((resolve) => setImmediate(resolve));
      const group = pending;
      pending = [];
      await tell(group, await commit(group));
    }
    flushing = null;
  }

  function write<T>(operation: (transaction: Transaction) => T): Promise<T> {
    if (closed) return Promise.reject(new AppError('store_unavailable', `The store at ${path} is closed.`));
    return new Promise<T>((resolve, reject) => {
      pending.push({ operation, resolve: resolve as (value: unknown) => void, reject });
      flushing ??= flush();
    });
  }

  async function close(): Promise<void> {
    closed = true;
    lock.close();
    await flushing;
  }

  return { write, close };
}
