import type { BatchStatus } from './batches.ts';
import type { ProviderJobState } from './provider-jobs.ts';

/** A batch that has not ended. Times are milliseconds since the epoch. */
export interface ActiveBatch {
  id: string;
  agent: string;
  status: BatchStatus;
  /** When it started to run without a break; null when it is not running. */
  activeSince: number | null;
  queued: number;
  running: number;
  succeeded: number;
  failed: number;
}

/** A provider job that was sent and whose results are not all stored. */
export interface OpenProviderJob {
  id: string;
  batchId: string;
  provider: string;
  model: string;
  state: ProviderJobState;
  requests: number;
  submittedAt: number | null;
  deadlineAt: number | null;
}

/** What is going on, over all batches. The contract of `storage/store.ts` holds for every call. */
export interface OverviewStore {
  /** Batches that a process should drive; not those that are paused or collect. */
  readActiveBatches(): Promise<ActiveBatch[]>;
  readOpenProviderJobs(): Promise<OpenProviderJob[]>;
  /** Size of the database file, in bytes. */
  readSize(): Promise<number>;
}
