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

/** What calls and rows cost over time. The contract of `storage/store.ts` holds for every call. */
export interface UsageStore {
  /** In order of time, then of the fields. */
  readUsage(query: UsageQuery): Promise<UsageSum[]>;
  /**
   * Moves a portion of old minutes into hours, and of old hours into days. Resolves to whether there is more to do.
   */
  foldUsage(before: { minutes: number; hours: number }): Promise<boolean>;
}
