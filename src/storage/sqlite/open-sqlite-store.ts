import { AppError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { currentHost } from '../../process-identity.ts';
import { isOwnerAlive, uptimeMs } from '../lease-owner.ts';
import type { Fence, LeaseOwner, Store } from '../store.ts';
import { prepareAcquireLease } from './acquire-lease.ts';
import { prepareAppendMessages } from './append-messages.ts';
import { prepareClaimRows } from './claim-rows.ts';
import { prepareClearRows } from './clear-rows.ts';
import { openConnection, retryWhileBusy } from './connection.ts';
import { prepareFindAnswer } from './find-answer.ts';
import { prepareFinishRow } from './finish-row.ts';
import { prepareInsertBatch } from './insert-batch.ts';
import { prepareInsertConversation } from './insert-conversation.ts';
import { prepareInsertRows } from './insert-rows.ts';
import { prepareParkRows, prepareSettleJobRows } from './job-rows.ts';
import type { LeaseClock } from './lease.ts';
import { prepareListBatches } from './list-batches.ts';
import { prepareListLapsedBatches } from './list-lapsed-batches.ts';
import { prepareListPrunableBatches } from './list-prunable-batches.ts';
import { preparePruneRuns } from './prune-runs.ts';
import { prepareReadAttempts } from './read-attempts.ts';
import { prepareReadBatch, prepareReadBatchOfKey } from './read-batch.ts';
import { prepareReadBill } from './read-bill.ts';
import { prepareListConversations, prepareReadConversation } from './read-conversations.ts';
import { prepareReadFailures } from './read-failures.ts';
import { prepareReadJobRows, prepareReadJobs, prepareReadProviderJobIds } from './read-jobs.ts';
import { prepareReadJournal, prepareReadJournalByPrefix } from './read-journal.ts';
import { prepareReadRows } from './read-rows.ts';
import { prepareReadSavings } from './read-savings.ts';
import { prepareReadSettings } from './read-settings.ts';
import { prepareRedriveRows, type RedriveOptions } from './redrive-rows.ts';
import { prepareReleaseLease } from './release-lease.ts';
import { prepareRemoveBatch } from './remove-batch.ts';
import { prepareRenewLease } from './renew-lease.ts';
import { prepareReturnRow, prepareReturnRunningRows } from './return-rows.ts';
import { prepareSweepRemoved } from './sweep-removed.ts';
import { prepareTransactions } from './transaction.ts';
import { prepareUpdateBatch } from './update-batch.ts';
import { prepareWriteAnswer } from './write-answer.ts';
import { prepareWriteCachedAnswer } from './write-cached-answer.ts';
import { prepareWriteIntent } from './write-intent.ts';
import { prepareInsertJob, prepareUpdateJob } from './write-jobs.ts';
import { createWriteQueue } from './write-queue.ts';
import { prepareWriteRefusal } from './write-refusal.ts';

/** What {@link openSqliteStore} needs from outside. */
export interface SqliteStoreOptions {
  /** The database file; its folders are made. */
  path: string;
  /** Wall clock, in milliseconds since the epoch. */
  now: () => number;
  log: Log;
  /** Whether an owner's process lives; by default {@link isOwnerAlive}. */
  isAlive?: (owner: LeaseOwner) => boolean | 'unknown';
  /** The clock by which owners of this boot fall silent; by default the host's monotonic one. See {@link LeaseClock}. */
  uptimeMs?: () => number;
  /** Told of each migration while its transaction is open, for tests. */
  onMigration?: () => void;
}

/**
 * The durable store on one SQLite file, for any number of processes of one host.
 * @throws AppError `store_unavailable` with the place and the fix: no right to write there, another program's file,
 *   a newer schema, locked, damaged
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const { path } = options;
  const db = await openConnection(path, options.onMigration);
  const { write, close: closeQueue } = createWriteQueue(db, path, prepareTransactions(db));
  const clock: LeaseClock = {
    now: options.now,
    uptimeMs: options.uptimeMs ?? uptimeMs,
    isAlive: options.isAlive ?? isOwnerAlive,
    here: currentHost(),
  };
  let closing: Promise<void> | null = null;
  async function read<T>(query: () => T): Promise<T> {
    if (closing !== null) throw new AppError('store_unavailable', `The store at ${path} is closed.`);
    return await retryWhileBusy(query, path);
  }
  async function closeOnce(): Promise<void> {
    await closeQueue();
    try {
      // What other processes still read stays in the WAL; the last one that closes empties it.
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
    lapsed: prepareListLapsedBatches(db, clock),
    prunable: prepareListPrunableBatches(db),
    answer: prepareFindAnswer(db),
    rows: prepareReadRows(db),
    failures: prepareReadFailures(db),
    attempts: prepareReadAttempts(db),
    bill: prepareReadBill(db),
    savings: prepareReadSavings(db),
    settings: prepareReadSettings(db),
    journal: prepareReadJournal(db),
    journalByPrefix: prepareReadJournalByPrefix(db),
    jobs: prepareReadJobs(db),
    providerJobIds: prepareReadProviderJobIds(db),
    jobRows: prepareReadJobRows(db),
    conversation: prepareReadConversation(db),
    conversations: prepareListConversations(db),
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
    updateBatch: (id, change, guard) => write((transaction) => writes.updateBatch(transaction, id, change, guard)),
    readSettings: (id) => read(() => reads.settings(id)),
    readBill: (id) => read(() => reads.bill(id)),
    readSavings: () => read(() => reads.savings()),

    acquireLease: (batchId, owner) => write((transaction) => writes.acquireLease(transaction, batchId, owner)),
    renewLease: (fence) => write((transaction) => writes.renewLease(transaction, fence)),
    releaseLease: (fence) => write((transaction) => writes.releaseLease(transaction, fence)),
    listLapsedBatches: () => read(() => reads.lapsed()),

    listPrunableBatches: (at) => read(() => reads.prunable(at)),
    pruneRuns: (fence, runs) => write((transaction) => writes.pruneRuns(transaction, fence, runs)),
    removeBatch: (fence, when) => write((transaction) => writes.removeBatch(transaction, fence, when)),
    sweepRemoved: () => write(() => writes.sweepRemoved()),

    insertRows: (fence, rows) => write((transaction) => writes.insertRows(transaction, fence, rows)),
    clearRows,
    claimRows: (fence, options) => write((transaction) => writes.claimRows(transaction, fence, options)),
    finishRow: (fence, row, result) => write((transaction) => writes.finishRow(transaction, fence, row, result)),
    returnRow: (fence, row) => write((transaction) => writes.returnRow(transaction, fence, row)),
    returnRunningRows: (fence) => write((transaction) => writes.returnRunningRows(transaction, fence)),
    redriveRows,
    readRows: (batchId, page) => read(() => reads.rows(batchId, page)),
    readFailures: (batchId) => read(() => reads.failures(batchId)),
    readAttempts: (batchId, row) => read(() => reads.attempts(batchId, row)),

    readJournal: (run) => read(() => reads.journal(run)),
    readJournalByPrefix: (prefix) => read(() => reads.journalByPrefix(prefix)),
    writeIntent: (intent, fence) => write((transaction) => writes.writeIntent(transaction, intent, fence)),
    writeAnswer: (key, answer, fence) => write((transaction) => writes.writeAnswer(transaction, key, answer, fence)),
    writeRefusal: (key, fence) => write((transaction) => writes.writeRefusal(transaction, key, fence)),
    findAnswer: (hash, within) => read(() => reads.answer(hash, within)),
    writeCachedAnswer: (intent, answer, fence) =>
      write((transaction) => writes.writeCachedAnswer(transaction, intent, answer, fence)),

    insertJob: (fence, job) => write((transaction) => writes.insertJob(transaction, fence, job)),
    updateJob: (fence, jobId, change) => write((transaction) => writes.updateJob(transaction, fence, jobId, change)),
    readJobs: (batchId) => read(() => reads.jobs(batchId)),
    readProviderJobIds: (provider) => read(() => reads.providerJobIds(provider)),
    readJobRows: (batchId, jobId, limit) => read(() => reads.jobRows(batchId, jobId, limit)),
    parkRows: (fence, jobId, rows) => write((transaction) => writes.parkRows(transaction, fence, jobId, rows)),
    settleJobRows: (fence, jobId, results) =>
      write((transaction) => writes.settleJobRows(transaction, fence, jobId, results)),

    insertConversation: (conversation) => write(() => writes.insertConversation(conversation)),
    readConversation: (id) => read(() => reads.conversation(id)),
    listConversations: (page) => read(() => reads.conversations(page)),
    appendMessages: (id, append) => write(() => writes.appendMessages(id, append)),

    close: () => {
      closing ??= closeOnce();
      return closing;
    },
  };
}

function prepareWrites(db: Parameters<typeof prepareInsertRows>[0], clock: LeaseClock) {
  return {
    insertBatch: prepareInsertBatch(db),
    updateBatch: prepareUpdateBatch(db),
    acquireLease: prepareAcquireLease(db, clock),
    renewLease: prepareRenewLease(db, clock),
    releaseLease: prepareReleaseLease(db),
    insertRows: prepareInsertRows(db),
    clearRows: prepareClearRows(db),
    claimRows: prepareClaimRows(db),
    finishRow: prepareFinishRow(db),
    returnRow: prepareReturnRow(db),
    returnRunningRows: prepareReturnRunningRows(db),
    redriveRows: prepareRedriveRows(db),
    writeIntent: prepareWriteIntent(db),
    writeAnswer: prepareWriteAnswer(db),
    writeRefusal: prepareWriteRefusal(db),
    writeCachedAnswer: prepareWriteCachedAnswer(db),
    pruneRuns: preparePruneRuns(db),
    removeBatch: prepareRemoveBatch(db),
    sweepRemoved: prepareSweepRemoved(db),
    insertJob: prepareInsertJob(db),
    updateJob: prepareUpdateJob(db),
    parkRows: prepareParkRows(db),
    settleJobRows: prepareSettleJobRows(db),
    insertConversation: prepareInsertConversation(db),
    appendMessages: prepareAppendMessages(db),
  };
}
