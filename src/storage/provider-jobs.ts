import type { JournalAnswer, JournalIntent, RowResult, StoredError } from './store.ts';

/**
 * A job of a provider's batch API, by what is known of it. `building`: rows are put into it and nothing is sent.
 * `creating`: it is being created; when its maker is gone or got no answer, it may exist or not. `open`: it exists.
 * `done`: its results are all taken in. `dropped`: it never existed. `left`: it may exist or go on; nobody waits for it.
 */
export type JobState = 'building' | 'creating' | 'open' | 'done' | 'dropped' | 'left';

/** What became of the requests of a job. */
export interface JobTally {
  answered: number;
  /** Refused or failed, at no charge. */
  refused: number;
  /** Without a result. */
  missing: number;
}

/** One job, as it is stored. Times are milliseconds since the epoch. */
export interface JobRecord {
  /** Our id of it, by which it is found again. */
  id: string;
  provider: string;
  model: string;
  state: JobState;
  /** The provider's id. */
  providerJobId: string | null;
  requests: number;
  /** Of all lines together. */
  bytes: number;
  tally: JobTally;
  createdAt: number;
  /** When its creation was asked for. */
  submittedAt: number | null;
  endedAt: number | null;
  error: StoredError | null;
}

/** What may be changed on a job. */
export type JobChange = Partial<
  Pick<JobRecord, 'state' | 'providerJobId' | 'requests' | 'bytes' | 'tally' | 'submittedAt' | 'endedAt' | 'error'>
>;

/** A running row whose next model call goes into a job. */
export interface ParkedRow {
  row: number;
  intent: JournalIntent;
}

/** A row that waits in a job, by the call that it waits for. */
export interface JobRow {
  row: number;
  attempt: number;
  turn: number;
}

/** What a result means for its row. Each of them takes the row out of the job. */
export type JobRowResult = JobRow &
  (
    | { kind: 'answered'; answer: JournalAnswer }
    /** Known not to be charged: the row is queued, and its call may be sent again. */
    | { kind: 'refused' }
    /** It may have been charged: the row is queued, and the send stays open in the bill. */
    | { kind: 'lost' }
    /** Refused for good. */
    | { kind: 'failed'; result: Extract<RowResult, { status: 'failed' }> }
  );
