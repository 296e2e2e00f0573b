import { AppError, type ErrorCode } from '../../../base/errors.ts';
import type { RowOutcome } from '../../rows/row-run.ts';

/** An error on its way between processes. */
export interface WireError {
  code: ErrorCode;
  message: string;
  retryable: boolean;
  outcomeUnknown: boolean;
  retryAfterMs?: number;
  cause?: WireError;
}

/** An outcome on its way between processes. */
export type WireOutcome =
  | Extract<RowOutcome, { kind: 'output' }>
  | (Omit<Extract<RowOutcome, { kind: 'fault' }>, 'error'> & { error: WireError });

/** Of causes, only ours are kept: others may hold anything. */
export function toWire({ code, message, retryable, outcomeUnknown, retryAfterMs, cause }: AppError): WireError {
  return {
    ...{ code, message, retryable, outcomeUnknown },
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(cause instanceof AppError && { cause: toWire(cause) }),
  };
}

/** The error that {@link toWire} was given. */
export function fromWire({ code, message, cause, ...options }: WireError): AppError {
  return new AppError(code, message, { ...options, ...(cause !== undefined && { cause: fromWire(cause) }) });
}
