import type { AppError, ErrorCode } from '../../errors.ts';
import type { OpenedAgent } from '../../run.ts';
import type { BatchRecord, Fence } from '../../storage/store.ts';
import type { RunnerDeps } from '../deps.ts';
import type { LiveTuning } from '../live-tuning.ts';

/** Why ProcessRows came to its end. `done`: no claimable row is left. `stopped`: it was drained or cancelled. */
export type ProcessEnd =
  | { kind: 'done' }
  | { kind: 'stopped' }
  /** The store can't be written any more. */
  | { kind: 'fault'; error: AppError }
  | { kind: 'tolerance'; error: AppError }
  | { kind: 'pause'; reason: 'fatal' | 'budget'; error: AppError; alike?: ErrorCode };

export interface ProcessOptions {
  batch: BatchRecord;
  fence: Fence;
  agent: OpenedAgent;
  deps: RunnerDeps;
  /** How many rows at once, and the cap, as they are set now. */
  tuning: LiveTuning;
  /** No new rows from here on; rows at work finish. */
  drain: AbortSignal;
  /** Rows at work are cancelled and go back to the queue. */
  hard: AbortSignal;
  /** Only so many rows. */
  rows?: number;
}
