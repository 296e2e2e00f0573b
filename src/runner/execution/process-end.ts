import type { AppError, ErrorCode } from '../../base/errors.ts';

/** Why ProcessRows came to its end. `done`: no claimable row is left. `stopped`: it was drained or cancelled. */
export type ProcessEnd =
  | { kind: 'done' }
  | { kind: 'stopped' }
  /** The store can't be written any more. */
  | { kind: 'fault'; error: AppError }
  | { kind: 'tolerance'; error: AppError }
  | { kind: 'pause'; reason: 'fatal' | 'budget'; error: AppError; alike?: ErrorCode };
