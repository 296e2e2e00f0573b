import type { AppError, ErrorCode } from '../../base/errors.ts';

/** Why ProcessRows ended. `done`: no claimable row is left. `stopped`: it was drained or cancelled. */
export type ProcessEnd =
  | { kind: 'done' }
  | { kind: 'stopped' }
  /** This process can no longer write to the store. */
  | { kind: 'fault'; error: AppError }
  | { kind: 'tolerance'; error: AppError }
  | {
      kind: 'pause';
      reason: 'fatal' | 'budget';
      error: AppError;
      /** The first rows all failed with this code. A resume continues past it. */
      alike?: ErrorCode;
      /** Rows that failed with this code are queued again: the fault was not theirs. */
      again?: ErrorCode;
    };
