import type { ExecutorName } from '../contract/executor-name.ts';

/** Rows of a batch that run in the same way. */
export interface RowShare {
  /** Null when unknown. */
  rows: number | null;
  executor: ExecutorName;
  /** Why they run in this way, in words. */
  why: string;
  /** The executor of all model calls of a row after its first, where it is another one. */
  laterTurns?: ExecutorName;
  /** Hours after which these rows are given up or run in another way; absent where there is no such limit. */
  hours?: number;
}

/** The most hours that rows may wait; undefined where none wait. */
export function longestWait(shares: readonly RowShare[]): number | undefined {
  const hours = shares.flatMap((share) => share.hours ?? []);
  return hours.length === 0 ? undefined : Math.max(...hours);
}
