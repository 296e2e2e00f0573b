import type { JournalAnswer, JournalIntent } from './journal.ts';
import type { Fence } from './leases.ts';
import type { RowResult, StoredError } from './rows.ts';

/**
 * The known state of a job of a provider's batch API. `building`: rows are added and nothing is sent. `creating`: the
 * job is being created; if the creating process is gone or got no answer, the job may or may not exist. `open`: the job
 * exists. `done`: all its results are stored. `dropped`: the job never existed. `left`: the job may exist or still run,
 * and no process waits for it.
 */
export type ProviderJobState = 'building' | 'creating' | 'open' | 'done' | 'dropped' | 'left';

/** Outcomes of a job's requests. */
export interface ProviderJobTally {
  answered: number;
  /** Refused or failed, at no charge. */
  refused: number;
  /** Without a result. */
  missing: number;
}

/** One stored job. Times are milliseconds since the epoch. */
export interface ProviderJobRecord {
  /** Our own id of the job, by which it is found again. */
  id: string;
  provider: string;
  model: string;
  state: ProviderJobState;
  /** The provider's id. */
  providerJobId: string | null;
  requests: number;
  /** Size of all lines together. */
  bytes: number;
  tally: ProviderJobTally;
  /** A part of the state: `uploading` of `building`, `reading` of `open`; null for the rest of it. */
  stage: 'uploading' | 'reading' | null;
  /** The counts as the provider last reported them: display only, may be wrong. */
  reported: { total: number; answered: number; failed: number } | null;
  /** When the provider, or the batch's deadline, ends the job; null when unknown. */
  deadlineAt: number | null;
  createdAt: number;
  /** When its creation was requested. */
  submittedAt: number | null;
  endedAt: number | null;
  error: StoredError | null;
}

/** Fields of a job that may change. */
export type ProviderJobChange = Partial<
  Pick<
    ProviderJobRecord,
    | 'state'
    | 'stage'
    | 'reported'
    | 'deadlineAt'
    | 'providerJobId'
    | 'requests'
    | 'bytes'
    | 'tally'
    | 'submittedAt'
    | 'endedAt'
    | 'error'
  >
>;

/** A running row whose next model call goes into a job. */
export interface ParkedRow {
  row: number;
  intent: JournalIntent;
}

/** A row that waits in a job, identified by the call that it waits for. */
export interface ProviderJobRow {
  row: number;
  attempt: number;
  turn: number;
}

/** The effect of a result on its row. Every result removes the row from the job. */
export type ProviderJobRowResult = ProviderJobRow &
  (
    | { kind: 'answered'; answer: JournalAnswer }
    /** The call was not charged: the row is queued, and the call may be sent again. */
    | { kind: 'refused' }
    /** The call may have been charged: the row is queued, and the send stays open in the bill. */
    | { kind: 'lost' }
    /** Permanently refused: the row fails. */
    | { kind: 'failed'; result: Extract<RowResult, { status: 'failed' }> }
  );

/** Provider jobs, and the rows that wait in them. The contract of `storage/store.ts` holds for every call. */
export interface ProviderJobStore {
  /** A new job, in state `building`. */
  insertProviderJob(
    fence: Fence,
    job: Pick<ProviderJobRecord, 'id' | 'provider' | 'model' | 'createdAt'>,
  ): Promise<void>;
  updateProviderJob(fence: Fence, jobId: string, change: ProviderJobChange): Promise<void>;
  /** A batch's jobs, in order of creation. */
  readProviderJobs(batchId: string): Promise<ProviderJobRecord[]>;
  /** The provider's ids of all its known jobs, over all batches. */
  readProviderJobIds(provider: string): Promise<string[]>;
  /** The first rows that wait in a job. */
  readProviderJobRows(batchId: string, jobId: string, limit: number): Promise<ProviderJobRow[]>;
  /**
   * Puts running rows into a job, with the intents of the calls that they wait for. The rows stay `running` and cannot
   * be claimed.
   */
  parkRows(fence: Fence, jobId: string, rows: ParkedRow[]): Promise<void>;
  /**
   * Removes rows from a job, each with its result. Rows that are not in the job are skipped. Resolves, for each result,
   * to whether it was applied.
   */
  settleProviderJobRows(fence: Fence, jobId: string, results: ProviderJobRowResult[]): Promise<boolean[]>;
}
