import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../base/errors.ts';
import type { LockWait } from './lock-wait.ts';
import { toStoreFault } from './store-fault.ts';
import type { Transaction } from './transaction.ts';

/** Groups writes into transactions: those of one event-loop turn, in portions where it has many. */
export interface WriteQueue {
  /**
   * Resolves after COMMIT. If an operation throws, only its promise rejects; the others of its group are committed.
   * Contract: `operation` is synchronous and may be run twice (after a rollback), so it keeps nothing outside.
   */
  write<T>(operation: (transaction: Transaction) => T): Promise<T>;
  /** The same for an answer, which is committed within a few milliseconds, with everything that was written before. */
  writeAnswer<T>(operation: (transaction: Transaction) => T): Promise<T>;
  /** Waits for pending writes and refuses later ones. */
  close(): Promise<void>;
}

interface Pending {
  operation: (transaction: Transaction) => unknown;
  resolve: (value: unknown) => void;
  reject: (fault: AppError) => void;
}

/**
 * Answers are committed inside the turn that reads them when there are this many, or when the oldest write has waited this
 * long. A turn reads all answers that have arrived, which may be hundreds: none of them would be stored until its end, and
 * the end of the process would repeat all their calls.
 *
 * Measured with 100 and 400 rows at once, answered after 50 ms, a process stopped at random moments: answers that it had
 * read and not committed, before: up to 92 and 364; in portions of 8: up to 8. A transaction costs 40 µs beside its writes.
 */
const PORTION = 12;
const PORTION_MS = 5;

/**
 * How many writers continue in one event-loop turn. Each may send a model call next, which takes 0.2 ms; answers that
 * arrive meanwhile are not read.
 */
const SETTLED_AT_ONCE = 16;

type Outcome = { value: unknown } | { fault: AppError };

export interface WriteQueueOptions {
  path: string;
  /** Starts a transaction's bookkeeping. */
  begin: () => Transaction;
  lock: LockWait;
  /** Called before each transaction. @throws AppError when nothing that is written would stay */
  check: () => void;
}

/** A queue on one connection. */
export function createWriteQueue(db: DatabaseSync, { path, begin, lock, check }: WriteQueueOptions): WriteQueue {
  const beginStatement = db.prepare('BEGIN IMMEDIATE');
  const commitStatement = db.prepare('COMMIT');
  let pending: Pending[] = [];
  let pendingAnswers = 0;
  let pendingSince = 0;
  let isTurning = false;
  let isCommitting = false;
  /** Committed operations whose writers have not continued yet. */
  const settled: (() => void)[] = [];
  let onIdle: (() => void) | undefined;
  let closed = false;

  /** The usual case: no savepoints, totals once per batch. Throws when any operation throws; the caller rolls back. */
  function commitTogether(group: Pending[]): Outcome[] {
    const transaction = begin();
    const outcomes = group.map(({ operation }) => ({ value: operation(transaction) }));
    transaction.flush();
    commitStatement.run();
    transaction.committed();
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
    check();
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

  /** One turn: a few writers continue, then what is due is committed. Answers that arrive are read before the next one. */
  async function turn(): Promise<void> {
    isTurning = false;
    const committing = isDue() ? flush() : undefined;
    if (settled.length === 0) await committing;
    for (const go of settled.splice(0, SETTLED_AT_ONCE)) go();
    turnLater();
    if (pending.length === 0 && settled.length === 0 && !isCommitting) onIdle?.();
  }

  /** While writers wait to continue, the next transaction collects for a few milliseconds. */
  function isDue(): boolean {
    return settled.length === 0 || pendingAnswers >= PORTION || performance.now() - pendingSince >= PORTION_MS;
  }

  function turnLater(): void {
    if (isTurning || (settled.length === 0 && (isCommitting || pending.length === 0))) return;
    isTurning = true;
    setImmediate(turn);
  }

  /** Commits what is pending. Contract: never rejects. The first attempt is synchronous. */
  async function flush(): Promise<void> {
    if (isCommitting || pending.length === 0) return;
    isCommitting = true;
    const group = pending;
    pending = [];
    pendingAnswers = 0;
    const outcomes = await commit(group);
    isCommitting = false;
    for (const [index, { resolve, reject }] of group.entries()) {
      const outcome = outcomes[index] ?? { fault: new AppError('internal', 'A write has no outcome.') };
      settled.push('fault' in outcome ? () => reject(outcome.fault) : () => resolve(outcome.value));
    }
    turnLater();
  }

  function write<T>(operation: (transaction: Transaction) => T): Promise<T> {
    if (closed) return Promise.reject(new AppError('store_unavailable', `The store at ${path} is closed.`));
    return new Promise<T>((resolve, reject) => {
      if (pending.length === 0) pendingSince = performance.now();
      pending.push({ operation, resolve: resolve as (value: unknown) => void, reject });
      turnLater();
    });
  }

  function writeAnswer<T>(operation: (transaction: Transaction) => T): Promise<T> {
    const written = write(operation);
    pendingAnswers += 1;
    if (pendingAnswers >= PORTION || performance.now() - pendingSince >= PORTION_MS) void flush();
    return written;
  }

  async function close(): Promise<void> {
    closed = true;
    lock.close();
    if (pending.length === 0 && settled.length === 0 && !isCommitting) return;
    await new Promise<void>((resolve) => {
      onIdle = resolve;
    });
  }

  return { write, writeAnswer, close };
}
