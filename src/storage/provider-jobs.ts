import type { JournalAnswer, JournalIntent } from './journal.ts';
import type { Fence } from './leases.ts';
import type { RowResult, StoredError } from './rows.ts';

/**
 * A job of a provider's batch API, by what is known of it. `building`: rows are put into it and nothing is sent.
 * `creating`: it is being created; when its maker is gone or got no answer, it may exist or not. `open`: it exists.
 * `done`: its results are all taken in. `dropped`: it never existed. `left`: it may exist or go on; nobody waits for it.
 */
export type ProviderJobState = 'building' | 'creating' | 'open' | 'done' | 'dropped' | 'left';

/** What became of the requests of a job. */
export interface ProviderJobTally {
  answered: number;
  /** Refused or failed, at no charge. */
  refused: number;
  /** Without a result. */
  missing: number;
}

/** One job, as it is stored. Times are milliseconds since the epoch. */
export interface ProviderJobRecord {
  /** Our id of it, by which it is found again. */
  id: string;
  provider: string;
  model: string;
  state: ProviderJobState;
  /** The provider's id. */
  providerJobId: string | null;
  requests: number;
  /** Of all lines together. */
  bytes: number;
  tally: ProviderJobTally;
  createdAt: number;
  /** When its creation was asked for. */
  submittedAt: number | null;
  endedAt: number | null;
  error: StoredError | null;
}

/** What may be changed on a job. */
export type ProviderJobChange = Partial<
  Pick<
    ProviderJobRecord,
    'state' | 'providerJobId' | 'requests' | 'bytes' | 'tally' | 'submittedAt' | 'endedAt' | 'error'
  >
>;

/** A running row whose next model call goes into a job. */
export interface ParkedRow {
  row: number;
  intent: JournalIntent;
}

/** A row that waits in a job, by the call that it waits for. */
export interface ProviderJobRow {
  row: number;
  attempt: number;
  turn: number;
}

/** What a result means for its row. Each of them takes the row out of the job. */
export type ProviderJobRowResult = ProviderJobRow &
  (
    | { kind: 'answered'; answer: JournalAnswer }
    /** Known not to be charged: the row is queued, and its call may be sent again. */
    | { kind: 'refused' }
    /** It may have been charged: the row is queued, and the send stays open in the bill. */
    | { kind: 'lost' }
    /** Refused for good. */
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
  /** A batch's jobs, in the order in which they were made. */
  readProviderJobs(batchId: string): Promise<ProviderJobRecord[]>;
  /** The provider's ids of all jobs that are known, of every batch. */
  readProviderJobIds(provider: string): Promise<string[]>;
  /** The first rows that wait in a job. */
  readProviderJobRows(batchId: string, jobId: string, limit: number): Promise<ProviderJobRow[]>;
  /** Running rows into a job, with the intents of the calls that they wait for: they stay `running`, and nobody claims them. */
  parkRows(fence: Fence, jobId: string, rows: ParkedRow[]): Promise<void>;
  /** Takes rows out of a job, each with its result. Resolves to which of them were taken; one that is not in it is passed over. */
  settleProviderJobRows(fence: Fence, jobId: string, results: ProviderJobRowResult[]): Promise<boolean[]>;
}
