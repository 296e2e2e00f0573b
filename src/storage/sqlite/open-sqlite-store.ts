import { AppError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { currentHost } from '../../base/process/process-identity.ts';
import { isOwnerAlive, uptimeMs } from '../lease-owner.ts';
import type { Fence, LeaseOwner } from '../leases.ts';
import { localDay } from '../local-day.ts';
import type { DayCap } from '../spending.ts';
import type { Store } from '../store.ts';
import { openAccessStore } from './access/open-access-store.ts';
import { openAgentStore } from './agents/open-agent-store.ts';
import { openAlertStore } from './alerts/open-alert-store.ts';
import { prepareReadChanges } from './batches/changes.ts';
import { prepareFindBatchIds } from './batches/find-batch-ids.ts';
import { prepareListBatches } from './batches/list-batches.ts';
import { prepareReadBatch, prepareReadBatchOfKey } from './batches/read-batch.ts';
import { prepareReadBill } from './batches/read-bill.ts';
import { prepareReadDetails } from './batches/read-details.ts';
import { prepareReadSavings } from './batches/read-savings.ts';
import { prepareReadSettings } from './batches/read-settings.ts';
import { prepareCountQueued } from './batches/totals.ts';
import { prepareFindAnswer } from './cache/find-answer.ts';
import { openConnection } from './connection.ts';
import { openConversationStore } from './conversations/open-conversation-store.ts';
import { openDraftStore } from './drafts/open-draft-store.ts';
import { openIdempotencyStore } from './idempotency/open-idempotency-store.ts';
import { openJobStore } from './jobs/open-job-store.ts';
import { prepareListPrunableBatches } from './journal/list-prunable-batches.ts';
import { prepareReadRowCharges } from './journal/read-charges.ts';
import { prepareReadJournal, prepareReadJournalByPrefix } from './journal/read-journal.ts';
import type { LeaseClock } from './leases/lease.ts';
import { prepareListLapsedBatches } from './leases/list-lapsed-batches.ts';
import { createLockWait, type LockAttempts } from './lock-wait.ts';
import { createFileCheck } from './lost-file.ts';
import { openOverviewStore } from './overview/open-overview-store.ts';
import { prepareWrites } from './prepare-writes.ts';
import {
  prepareReadProviderJobIds,
  prepareReadProviderJobRows,
  prepareReadProviderJobs,
} from './provider-jobs/read-provider-jobs.ts';
import { openAnswerIndex } from './rows/answer-index.ts';
import { prepareReadOutbox } from './rows/outbox.ts';
import { prepareReadAttempts } from './rows/read-attempts.ts';
import { prepareReadFailures } from './rows/read-failures.ts';
import { prepareReadKeptFrom } from './rows/read-kept-from.ts';
import { prepareReadRowEnds } from './rows/read-row-ends.ts';
import { prepareReadRowRanges } from './rows/read-row-ranges.ts';
import { prepareReadRows, prepareReadRowsWith } from './rows/read-rows.ts';
import { prepareReadRowsAt, prepareReadRowsOf } from './rows/read-rows-at.ts';
import type { RedriveOptions } from './rows/redrive-rows.ts';
import { prepareSearchRows } from './rows/search-rows.ts';
import { openScheduleStore } from './schedules/open-schedule-store.ts';
import { openSpendingStore } from './spending/open-spending-store.ts';
import { prepareTransactions } from './transaction.ts';
import { openUploadStore } from './uploads/open-upload-store.ts';
import { openUsageStore } from './usage/open-usage-store.ts';
import { createWriteQueue } from './write-queue.ts';
import { openWrittenStore } from './written/open-written-store.ts';

/** Dependencies of {@link openSqliteStore}. */
export interface SqliteStoreOptions {
  /** The database file; missing folders are created. */
  path: string;
  /** Wall clock, in milliseconds since the epoch. */
  now: () => number;
  log: Log;
  /** Whether an owner's process is running; by default {@link isOwnerAlive}. */
  isAlive?: (owner: LeaseOwner) => boolean | 'unknown';
  /**
   * The clock that measures the silence of owners of this boot; by default the host's monotonic one. See {@link
   * LeaseClock}.
   */
  uptimeMs?: () => number;
  /** The cap of all calls of a day; without it they are not counted by day. */
  dayCap?: DayCap | undefined;
  /** How long writes wait for the lock of another process; by default {@link LockAttempts} for up to a minute. */
  lockAttempts?: LockAttempts;
  /** Called after each migration while its transaction is open, for tests. */
  onMigration?: () => void;
}

/**
 * The durable store on one SQLite file, for any number of processes of one host.
 * @throws AppError `store_unavailable` with the place and the fix: no write permission, another program's file,
 *   a newer schema, locked, damaged
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const { path } = options;
  const waiting = { path, log: options.log, ...(options.lockAttempts && { attempts: options.lockAttempts }) };
  const [readLock, lock] = [createLockWait(waiting), createLockWait(waiting)];
  const db = await openConnection(path, { lock: readLock, onMigration: options.onMigration });
  const check = createFileCheck(path);
  const caps = { cap: options.dayCap, dayOf: options.dayCap?.dayOf ?? localDay };
  const begin = prepareTransactions(db, caps);
  const { write, writeAnswer, close: closeQueue } = createWriteQueue(db, { path, begin, lock, check });
  const clock: LeaseClock = {
    now: options.now,
    uptimeMs: options.uptimeMs ?? uptimeMs,
    isAlive: options.isAlive ?? isOwnerAlive,
    here: currentHost(),
  };
  let closing: Promise<void> | null = null;
  async function read<T>(query: () => T): Promise<T> {
    if (closing !== null) throw new AppError('store_unavailable', `The store at ${path} is closed.`);
    check();
    return await readLock.retry(query);
  }
  async function closeOnce(): Promise<void> {
    await closeQueue();
    try {
      // Pages that other processes still read stay in the WAL; the last process that closes empties it.
      db.exec('PRAGMA wal_checkpoint(PASSIVE)');
    } catch (thrown) {
      options.log.warn(
        { err: thrown },
        'the write-ahead log was not merged into the database; the next opening does it',
      );
    }
    db.close();
  }

  const reads = {
    batch: prepareReadBatch(db),
    batchOfKey: prepareReadBatchOfKey(db),
    batches: prepareListBatches(db),
    changes: prepareReadChanges(db),
    batchIds: prepareFindBatchIds(db),
    lapsed: prepareListLapsedBatches(db, clock),
    prunable: prepareListPrunableBatches(db),
    answer: prepareFindAnswer(db),
    rows: prepareReadRows(db),
    rowsWith: prepareReadRowsWith(db),
    rowsAt: prepareReadRowsAt(db),
    rowsOf: prepareReadRowsOf(db),
    rowRanges: prepareReadRowRanges(db),
    rowEnds: prepareReadRowEnds(db),
    foundRows: prepareSearchRows(db),
    failures: prepareReadFailures(db),
    attempts: prepareReadAttempts(db),
    keptFrom: prepareReadKeptFrom(db),
    outbox: prepareReadOutbox(db),
    bill: prepareReadBill(db),
    details: prepareReadDetails(db),
    savings: prepareReadSavings(db),
    settings: prepareReadSettings(db),
    queued: prepareCountQueued(db),
    journal: prepareReadJournal(db),
    journalByPrefix: prepareReadJournalByPrefix(db),
    rowCharges: prepareReadRowCharges(db),
    jobs: prepareReadProviderJobs(db),
    providerJobIds: prepareReadProviderJobIds(db),
    jobRows: prepareReadProviderJobRows(db),
  };
  const writes = prepareWrites(db, clock);

  async function clearRows(fence: Fence): Promise<void> {
    while (await write((transaction) => writes.clearRows(transaction, fence)));
  }
  async function redriveRows(fence: Fence, options: RedriveOptions): Promise<number> {
    let redriven = 0;
    let nextId: number | null = 0;
    while (nextId !== null) {
      const fromId: number = nextId;
      const step = await write((transaction) => writes.redriveRows(transaction, fence, { ...options, fromId }));
      redriven += step.redriven;
      nextId = step.nextId;
    }
    return redriven;
  }

  return {
    insertBatch: (batch) => write(() => writes.insertBatch(batch)),
    readBatch: (id) => read(() => reads.batch(id)),
    readBatchOfKey: (key) => read(() => reads.batchOfKey(key)),
    listBatches: (page) => read(() => reads.batches(page)),
    readStateChanges: (id) => read(() => reads.changes(id)),
    findBatchIds: (start, limit) => read(() => reads.batchIds(start, limit)),
    updateBatch: (id, change, guard) => write((transaction) => writes.updateBatch(transaction, id, change, guard)),
    readSettings: (id) => read(() => reads.settings(id)),
    countQueued: (id) => read(() => reads.queued(id)),
    readBill: (id) => read(() => reads.bill(id)),
    readDetails: (ids) => read(() => reads.details(ids)),
    readSavings: () => read(() => reads.savings()),

    acquireLease: (batchId, owner) => write((transaction) => writes.acquireLease(transaction, batchId, owner)),
    forgetDeaths: (fence) => write((transaction) => writes.forgetDeaths(transaction, fence)),
    renewLease: (fence) => write((transaction) => writes.renewLease(transaction, fence)),
    releaseLease: (fence) => write((transaction) => writes.releaseLease(transaction, fence)),
    listLapsedBatches: () => read(() => reads.lapsed()),
    waitLonger: lock.waitLonger,

    listPrunableBatches: (at) => read(() => reads.prunable(at)),
    pruneRuns: (fence, runs) => write((transaction) => writes.pruneRuns(transaction, fence, runs)),
    removeBatch: (fence, when) => write((transaction) => writes.removeBatch(transaction, fence, when)),
    sweepRemoved: () => write(() => writes.sweepRemoved()),

    insertRows: (fence, rows) => write((transaction) => writes.insertRows(transaction, fence, rows)),
    appendRows: (batchId, append) => write((transaction) => writes.appendRows(transaction, batchId, append)),
    clearRows,
    claimRows: (fence, options) => write((transaction) => writes.claimRows(transaction, fence, options)),
    finishRow: (fence, row, result) => write((transaction) => writes.finishRow(transaction, fence, row, result)),
    returnRow: (fence, row, owner = {}) => write((transaction) => writes.returnRow(transaction, fence, row, owner)),
    returnRunningRows: (fence, owner = {}) =>
      write((transaction) => writes.returnRunningRows(transaction, fence, owner)),
    orderRows: (fence, rows) => write((transaction) => writes.orderRows(transaction, fence, rows)),
    holdRows: (fence, rows, held) => write((transaction) => writes.holdRows(transaction, fence, rows, held)),
    redriveRows,
    failQueuedRow: (fence, at, result) => write((transaction) => writes.failQueuedRow(transaction, fence, at, result)),
    nextAttempt: (fence, at, result) => write((transaction) => writes.nextAttempt(transaction, fence, at, result)),
    redriveRow: (fence, at) => write((transaction) => writes.redriveRow(transaction, fence, at)),
    readRows: (batchId, page) => read(() => reads.rows(batchId, page)),
    readRowsWith: (batchId, range) => read(() => reads.rowsWith(batchId, range)),
    readRowsAt: (batchId, range) => read(() => reads.rowsAt(batchId, range)),
    readRowsOf: (batchId, rows) => read(() => reads.rowsOf(batchId, rows)),
    readRowRanges: (batchId, ranges) => read(() => reads.rowRanges(batchId, ranges)),
    readRowEnds: (batchId, page) => read(() => reads.rowEnds(batchId, page)),
    searchRows: (batchId, range) => read(() => reads.foundRows(batchId, range)),
    readFailures: (batchId) => read(() => reads.failures(batchId)),
    readAttempts: (batchId, row) => read(() => reads.attempts(batchId, row)),
    readKeptFrom: (batchId, row) => read(() => reads.keptFrom(batchId, row)),
    openAnswerIndex: async () => openAnswerIndex(),
    refuseRows: (fence, rows) => write((transaction) => writes.refuseRows(transaction, fence, rows)),
    readOutbox: (batchId, limits) => read(() => reads.outbox(batchId, limits)),
    clearOutbox: (fence, rows) => write((transaction) => writes.clearOutbox(transaction, fence, rows)),

    readJournal: (run) => read(() => reads.journal(run)),
    readJournalByPrefix: (prefix) => read(() => reads.journalByPrefix(prefix)),
    readRowCharges: (batchId, rows) => read(() => reads.rowCharges(batchId, rows)),
    writeIntent: (intent, fence) => write((transaction) => writes.writeIntent(transaction, intent, fence)),
    writeAnswer: (key, answer, fence) =>
      writeAnswer((transaction) => writes.writeAnswer(transaction, key, answer, fence)),
    writeRefusal: (key, fence) => write((transaction) => writes.writeRefusal(transaction, key, fence)),
    findAnswer: (hash, within) => read(() => reads.answer(hash, within)),
    writeCachedAnswer: (intent, answer, fence) =>
      write((transaction) => writes.writeCachedAnswer(transaction, intent, answer, fence)),

    insertProviderJob: (fence, job) => write((transaction) => writes.insertProviderJob(transaction, fence, job)),
    updateProviderJob: (fence, jobId, change) =>
      write((transaction) => writes.updateProviderJob(transaction, fence, jobId, change)),
    readProviderJobs: (batchId) => read(() => reads.jobs(batchId)),
    readProviderJobIds: (provider) => read(() => reads.providerJobIds(provider)),
    readProviderJobRows: (batchId, jobId, limit) => read(() => reads.jobRows(batchId, jobId, limit)),
    parkRows: (fence, jobId, rows) => write((transaction) => writes.parkRows(transaction, fence, jobId, rows)),
    settleProviderJobRows: (fence, jobId, results) =>
      write((transaction) => writes.settleProviderJobRows(transaction, fence, jobId, results)),

    ...openAccessStore(db, { read, write }),
    ...openIdempotencyStore(db, { read, write }),
    ...openSpendingStore(db, { read, write }, caps),
    ...openWrittenStore(db, { read, write }),
    ...openUploadStore(db, { read, write }),
    ...openUsageStore(db, { read, write }),
    ...openOverviewStore(db, { read, write }),
    ...openAlertStore(db, { read, write }),
    ...openDraftStore(db, { read, write }),
    ...openConversationStore(db, { read, write }),
    ...openAgentStore(db, { read, write }),
    ...openJobStore(db, { read, write }),
    ...openScheduleStore(db, { read, write }),

    close: () => {
      closing ??= closeOnce();
      return closing;
    },
  };
}
