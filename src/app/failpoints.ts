import { once } from 'node:events';
import { AppError } from '../base/errors.ts';
import type { JournalKey } from '../storage/journal.ts';
import type { Store } from '../storage/store.ts';
import type { Location, PendingBytes } from '../tables/locations/location.ts';
import type { RowWriter } from '../tables/row-writer.ts';
import type { Tables } from '../tables/table.ts';

/** The windows in which a crash can happen, each with the moment at which its failpoint is reached. */
export const FAILPOINTS = {
  migrating: 'a migration has been executed and not committed',
  created: 'a batch is stored',
  'jobs-added': 'a portion of jobs is committed',
  'queue-closed': 'a standing batch takes no more jobs, and is not sealed',
  'jobs-sifted': 'a portion of the jobs that are not due is moved',
  sealed: 'a batch that collected its rows is `created`',
  loading: 'a chunk of rows is committed',
  loaded: 'the end of the load is committed',
  claimed: 'rows are claimed',
  'before-intent': "a model call's intent is not committed yet",
  'after-intent': "a model call's intent is committed, and nothing sent",
  'before-answer': 'a model has answered, and nothing of it is committed',
  'after-answer': "a model's answer is committed",
  'after-tool-intent': "a tool call's intent is committed, and nothing sent",
  'before-tool-answer': 'a tool has answered, and nothing of it is committed',
  'after-tool-answer': "a tool's answer is committed",
  'before-finish': "a row's calls are all answered, and its end is not committed",
  'after-finish': "a row's end is committed",
  'rows-done': 'the end of the last row has led to `aggregating`',
  writing: 'a page of the output table is written',
  'before-rename': 'the output table is whole, under its hidden name',
  'after-rename': 'the output table is in its place, and the batch has not ended',
  ended: 'the end of the batch is committed',
  parked: 'rows are put into a job that is being built',
  'before-create': 'the intent to create a job is committed, and nothing sent',
  'after-create': 'a job is created, and nothing of it is committed',
  'job-open': "a job's id at the provider is committed",
  harvesting: "a portion of a job's results is committed",
  harvested: 'the end of a job is committed',
  pruning: "bodies of an ended batch's journal are pruned in part",
  sweeping: 'what a deleted batch has left is deleted in part',
} as const;

export type FailpointName = keyof typeof FAILPOINTS;

/** Reports that a failpoint is reached; the armed one kills or stops the process at the nth report. */
export type Reach = (name: FailpointName) => void;

/**
 * Arms one failpoint, for tests of crash windows: `NAME`, `NAME:NTH`, or `NAME:NTH:stop` for a SIGSTOP instead of a SIGKILL.
 * @throws AppError `config_invalid` for an unknown name
 */
export function armFailpoint(setting: string): Reach {
  const [name = '', nth = '1', act = 'kill'] = setting.split(':');
  if (!(name in FAILPOINTS) || !/^[1-9]\d*$/.test(nth) || !['kill', 'stop'].includes(act)) {
    throw new AppError(
      'config_invalid',
      `ROWMILL_FAILPOINT is "${setting}"; write NAME[:NTH[:stop]] with one of ${Object.keys(FAILPOINTS).join(', ')}.`,
    );
  }
  let left = Number(nth);
  return (reached) => {
    if (reached !== name) return;
    left -= 1;
    if (left === 0) process.kill(process.pid, act === 'stop' ? 'SIGSTOP' : 'SIGKILL');
  };
}

const isModelCall = ({ call }: JournalKey) => call === 0;

/** The store with failpoints before and after its commits. */
export function failingStore(store: Store, reach: Reach): Store {
  const after = async <T>(work: Promise<T>, name: FailpointName | undefined): Promise<T> => {
    const value = await work;
    if (name !== undefined) reach(name);
    return value;
  };
  const ofStatus = { created: 'sealed', running: 'loaded', aggregating: 'rows-done', completed: 'ended' } as const;
  return {
    ...store,
    insertBatch: (batch) => after(store.insertBatch(batch), 'created'),
    updateBatch: (id, change, guard) => {
      const status = change.status as keyof typeof ofStatus;
      // `running` with columns is the end of a load; without them it is a resume or a redrive.
      const isCounted = status !== 'running' || change.columns !== undefined;
      return after(store.updateBatch(id, change, guard), isCounted ? ofStatus[status] : undefined);
    },
    insertJobs: (insert) => after(store.insertJobs(insert), 'jobs-added'),
    closeStanding: (queue, batchId) => after(store.closeStanding(queue, batchId), 'queue-closed'),
    siftJobs: (sifting) => after(store.siftJobs(sifting), 'jobs-sifted'),
    insertRows: (fence, rows) => after(store.insertRows(fence, rows), 'loading'),
    claimRows: (fence, options) => after(store.claimRows(fence, options), 'claimed'),
    writeIntent: (intent, by) => {
      if (isModelCall(intent)) reach('before-intent');
      return after(store.writeIntent(intent, by), isModelCall(intent) ? 'after-intent' : 'after-tool-intent');
    },
    writeAnswer: (key, answer, by) => {
      reach(isModelCall(key) ? 'before-answer' : 'before-tool-answer');
      return after(store.writeAnswer(key, answer, by), isModelCall(key) ? 'after-answer' : 'after-tool-answer');
    },
    finishRow: (fence, row, result) => {
      reach('before-finish');
      return after(store.finishRow(fence, row, result), 'after-finish');
    },
    parkRows: (fence, jobId, rows) => after(store.parkRows(fence, jobId, rows), 'parked'),
    updateProviderJob: (fence, jobId, change) => {
      if (change.state === 'open') reach('after-create');
      const { state } = change;
      const points = { creating: 'before-create', open: 'job-open', done: 'harvested' } as const;
      return after(store.updateProviderJob(fence, jobId, change), points[state as keyof typeof points]);
    },
    settleProviderJobRows: (fence, jobId, results) =>
      after(store.settleProviderJobRows(fence, jobId, results), 'harvesting'),
    pruneRuns: (fence, runs) => after(store.pruneRuns(fence, runs), 'pruning'),
    sweepRemoved: () => after(store.sweepRemoved(), 'sweeping'),
  };
}

/** The tables with a failpoint after each page of a table. */
export function failingTables(tables: Tables, reach: Reach): Tables {
  const failing = (writer: RowWriter): RowWriter =>
    writer.kind === 'table'
      ? {
          ...writer,
          write: async (rows: Parameters<typeof writer.write>[0]) => {
            await writer.write(rows);
            reach('writing');
          },
        }
      : writer;
  return {
    ...tables,
    within: (roots) => failingTables(tables.within(roots), reach),
    openWriter: async (uri, columns, options) => failing(await tables.openWriter(uri, columns, options)),
  };
}

/** The location with a failpoint when its table is complete and one when the table is visible. */
export function failingLocation(location: Location, reach: Reach): Location {
  const failing = (pending: PendingBytes): PendingBytes => ({
    ...pending,
    commit: async () => {
      // A file's bytes are on the disk once its stream is closed; an object's stream is ended by then.
      if (!pending.stream.closed) await once(pending.stream, 'close');
      reach('before-rename');
      await pending.commit();
      reach('after-rename');
    },
  });
  return { ...location, openWrite: async (mode) => failing(await location.openWrite(mode)) };
}
