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
}
