import type { Json } from '../protocol/messages.ts';
import type { BatchStatus, NewBatch } from './batches.ts';
import type { RowRecord, StoredError } from './rows.ts';

/** What the jobs of one queue have in common. `model` is `provider/model`. */
export interface QueueName {
  agent: string;
  version: string;
  model: string;
}

/** A job as it is enqueued. Times are milliseconds since the epoch. */
export interface NewJob {
  id: string;
  cells: Json[];
  /** 1 to 10; higher ones run first. */
  priority: number;
  notBefore: number | null;
  deadline: number | null;
  callbackUrl: string | null;
  /** Unique over the jobs of an owner. */
  idempotencyKey: string | null;
  /** What its enqueuer allows it to cost where nobody is asked; null: it is never processed unattended. */
  capMicroUsd: number | null;
}

/** How a job ended before a row ran for it. */
export type JobEnding = 'cancelled' | 'expired';

/** A job with its row. Without a row it was cancelled, or its deadline passed before it was processed. */
export interface JobRecord extends Omit<NewJob, 'cells'> {
  queue: QueueName;
  owner: string;
  ending: JobEnding | null;
  createdAt: number;
  endedAt: number | null;
  batch: { id: string; status: BatchStatus } | null;
  row: Pick<RowRecord, 'row' | 'status' | 'attempt' | 'cells' | 'output' | 'error' | 'startedAt' | 'endedAt'> | null;
}

/** How a job is now; see {@link jobStateOf}. */
export type JobState = 'waiting' | 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'expired';

/** Jobs for one queue. */
export interface JobInsert {
  queue: QueueName;
  owner: string;
  /** The standing batch that the caller has seen, or a new one. */
  standing: string | NewBatch;
  /** They run in a batch of their own, which is not the standing one. */
  isAlone?: boolean;
  jobs: readonly NewJob[];
  at: number;
}

/** `moved`: another standing batch is open by now; nothing was inserted. */
export type JobsInserted =
  | { state: 'moved' }
  | { state: 'inserted'; batchId: string; jobs: { id: string; isRepeated: boolean; isOther: boolean }[] };

/** A queue with the batches that hold its waiting jobs; the standing one is open for more. */
export interface QueueRecord extends QueueName {
  standing: string | null;
  /** Batches that collect and are no longer open, the standing one last. */
  collecting: { batchId: string; jobs: number }[];
  waiting: number;
  /** When the oldest waiting job was enqueued. */
  oldestAt: number | null;
}

/** Which waiting jobs leave a batch before it runs. */
export interface JobSifting {
  queue: QueueName;
  from: string;
  /** Where jobs go that are not due. */
  to: string | NewBatch;
  now: number;
  /** Jobs without a cap of their own leave, too. */
  cappedOnly: boolean;
}

/** A result to be sent to a receiver. */
export interface Delivery {
  /** The same at every attempt. */
  eventId: string;
  jobId: string;
  url: string;
  attempts: number;
  state: 'pending' | 'delivered' | 'dead';
  error: string | null;
  createdAt: number;
  nextAt: number;
}

/** How an attempt to deliver ended. */
export type DeliveryOutcome =
  | { state: 'delivered' }
  | { state: 'pending'; error: string; nextAt: number }
  | { state: 'dead'; error: string };

/** Jobs: rows of standing batches, with what was asked for each. The contract of `storage/store.ts` holds. */
export interface JobStore {
  readQueue(queue: QueueName): Promise<QueueRecord | undefined>;
  /** Queues with waiting jobs, or of one agent all. */
  listQueues(agent?: string): Promise<QueueRecord[]>;
  /** Adds jobs in one transaction; one whose idempotency key the owner has used is not added again. */
  insertJobs(insert: JobInsert): Promise<JobsInserted>;
  readJob(id: string): Promise<JobRecord | undefined>;
  /** Newest first; `before` is an id to continue after. */
  listJobs(options: {
    owner?: string;
    agent?: string;
    state?: JobState;
    before?: string;
    limit: number;
  }): Promise<JobRecord[]>;
  /** Removes a job that has not started from its batch. Resolves to whether that was done. */
  cancelJob(id: string, at: number): Promise<boolean>;
  /** Changes the priority of a job whose batch still collects. Resolves to whether that was done. */
  setJobPriority(id: string, priority: number): Promise<boolean>;
  /** How many waiting jobs of a batch that collects have which priority, the highest first. */
  countPriorities(batchId: string): Promise<{ priority: number; jobs: number }[]>;
  /** The rows of a batch's jobs by priority, then by their numbers; none when they are in that order. */
  readJobOrder(batchId: string): Promise<number[]>;
  /** Gives rows of a batch that collects the numbers after its last one, in the given order. */
  moveJobs(batchId: string, rows: readonly number[]): Promise<void>;
  /** The next job of the queue opens another standing batch; resolves to whether this one was the standing one. */
  closeStanding(queue: QueueName, batchId: string): Promise<boolean>;
  /** Makes a collecting batch the standing one again, unless there is another one by now. */
  reopenStanding(queue: QueueName, batchId: string): Promise<void>;
  /**
   * Moves a portion of the jobs of a batch that collects and that must not run now, and ends those whose deadline has passed. Resolves to the earliest
   * deadline of the remaining ones, and the sum of their caps.
   */
  siftJobs(
    sifting: JobSifting,
  ): Promise<{ moved: number; expired: number; isDone: boolean; deadline: number | null; capMicroUsd: number }>;
  /** Takes due deliveries for one attempt; they are due again at `until`. */
  claimDeliveries(options: { now: number; until: number; limit: number }): Promise<Delivery[]>;
  settleDelivery(eventId: string, outcome: DeliveryOutcome): Promise<void>;
  /** Newest first. */
  listDeliveries(options: { owner?: string; state?: Delivery['state']; limit: number }): Promise<Delivery[]>;
  /** Makes a dead delivery due again. Resolves to whether it was dead. */
  retryDelivery(eventId: string, options: { at: number; owner?: string }): Promise<boolean>;
  /** Deletes a portion of the deliveries that were over before a time. Resolves to their number. */
  pruneDeliveries(options: { before: number; limit: number }): Promise<number>;
}

/** The state of a job, from its batch and its row. */
export function jobStateOf({ ending, batch, row }: Pick<JobRecord, 'ending' | 'batch' | 'row'>): JobState {
  if (ending !== null) return ending;
  if (batch === null || row === null) return 'cancelled';
  if (row.status !== 'queued') return row.status;
  if (batch.status === 'collecting') return 'waiting';
  const isOver = batch.status === 'completed' || batch.status === 'failed' || batch.status === 'cancelled';
  return isOver ? 'cancelled' : 'queued';
}

/** Why an ended job has no result. */
export function jobErrorOf({ ending, row }: Pick<JobRecord, 'ending' | 'row'>): StoredError | null {
  if (ending !== 'expired') return row?.error ?? null;
  return {
    code: 'deadline_passed',
    message: 'The deadline of the job passed before it was processed; nothing was sent.',
  };
}
