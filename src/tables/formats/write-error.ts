import { AppError, toAppError } from '../../base/errors.ts';
import type { PendingBytes } from '../locations/location.ts';

/** Any fault of writing a table, as an error that names the place. */
export function writeErrorOf(pending: PendingBytes, thrown: unknown, uri: string): AppError {
  const fault = pending.faultOf?.(thrown) ?? thrown;
  if (fault instanceof AppError) return fault;
  const { message } = toAppError(fault);
  return new AppError('output_failed', `Writing ${uri} failed: ${message}.`, { cause: fault, retryable: true });
}
