import type { Usage } from '../protocol/messages.ts';

/** How a call was answered: in real time, by a batch API, or from the cache. `row`: the end of a row, not a call. */
export type UsageWay = 'realtime' | 'batch' | 'cache' | 'row';

/** What sums are kept apart by. `batch` is the id of a batch; empty for calls outside of batches. */
export type UsageField = 'agent' | 'provider' | 'model' | 'way' | 'batch';

/** Sums of one kind of calls in one period. Money in micro-dollars, over calls of known price. */
export interface UsageSum {
  /** Start of the period, in milliseconds since the epoch; null where the sum is not kept apart by time. */
  at: number | null;
  /** The longest bucket in it, in seconds: it is the precision of `at`. */
  seconds: number;
  /** The value of each field that was asked for. */
  by: { [field in UsageField]?: string };
  calls: number;
  unpricedCalls: number;
  usage: Usage;
  costMicroUsd: number;
  /** What the same calls would have cost more in real time and without the cache. */
  savedMicroUsd: number;
  rowsSucceeded: number;
  rowsFailed: number;
}

/** Which sums are read. A bucket belongs to the period in which it starts. */
export interface UsageQuery {
  /** From this time on, in milliseconds since the epoch. */
  from: number;
  /** Before this time. */
  to: number;
  /** Sums of periods of this many seconds; null: over all time between. */
  seconds: number | null;
  by: readonly UsageField[];
}

/** An answered model call. Times are milliseconds since the epoch. */
export interface LedgerCall {
  /** Grows with time. */
  id: number;
  run: string;
  turn: number;
  model: string;
  way: Exclude<UsageWay, 'row'>;
  at: number;
  usage: Usage | null;
  /** null when the price is unknown. */
  costMicroUsd: number | null;
  savedMicroUsd: number;
}

/** A page of the calls of a batch, or of those outside of batches: those after an id. */
export interface LedgerQuery extends Partial<Period> {
  /** undefined: conversations, trials and suggestions. */
  batchId: string | undefined;
  after: number;
  limit: number;
}

/** From a time on and before another one, in milliseconds since the epoch. */
export interface Period {
  from: number;
  to: number;
}

/** How many model calls of one bucket, made in real time, took how long. */
export interface CallTimes {
  at: number;
  /** The longest bucket in it, in seconds. */
  seconds: number;
  /** The class of their time; see base/time-sizes.ts. */
  size: number;
  calls: number;
}

/** The most that waited at one time of a bucket. */
export interface WaitingSample {
  at: number;
  seconds: number;
  /** Jobs in queues. */
  jobs: number;
  /** Rows of active batches. */
  rows: number;
  /** Age of the oldest job. */
  oldestMs: number;
}

/** What calls and rows cost over time. The contract of `storage/store.ts` holds for every call. */
export interface UsageStore {
  /** In order of time, then of the fields. */
  readUsage(query: UsageQuery): Promise<UsageSum[]>;
  /**
   * The calls that the sums of a batch, or outside of batches, are made of, in order of their ids. With a period only those that were answered
   * in it; `next` is the id to continue after, and null at the end.
   */
  readLedger(query: LedgerQuery): Promise<{ calls: LedgerCall[]; next: number | null }>;
  /** Times of calls and what waited, in buckets of so many seconds, in order of time. */
  readCallTimes(period: Period, seconds: number): Promise<CallTimes[]>;
  readWaiting(period: Period, seconds: number): Promise<WaitingSample[]>;
  noteWaiting(sample: Omit<WaitingSample, 'seconds'>): Promise<void>;
  /**
   * Moves a portion of old minutes into hours, and of old hours into days. Resolves to whether there is more to do.
   */
  foldUsage(before: { minutes: number; hours: number }): Promise<boolean>;
}
