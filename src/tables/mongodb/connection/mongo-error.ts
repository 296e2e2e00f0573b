import { AppError, toAppError } from '../../../base/errors.ts';

/** What an error of the driver has, of any class and version. */
interface DriverError {
  name?: string;
  message?: string;
  code?: number | string;
  /** What an error of several writes was made of: an answer of the server, or the error by which there was none. */
  errorResponse?: unknown;
  hasErrorLabel?(label: string): boolean;
}

/** Codes of a server that refuses an operation, or a login: Unauthorized, AuthenticationFailed, of Atlas. */
const DENIED = new Set<unknown>([13, 18, 8000]);
/** Names of the driver's errors about connections. */
const CONNECTION =
  /^Mongo(Network|ServerSelection|Topology|PoolClosed|PoolCleared|WaitQueue|NotConnected|ServerClosed)/;
/** Codes of a server that shuts down, steps down or is not the primary. */
const FAILOVER = new Set<unknown>([6, 7, 89, 91, 134, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436]);
const DUPLICATE = 11_000;
const TOO_LARGE = new Set<unknown>([10_334, 17_419, 17_420]);

/** The error of a write that a server refused within its answer, as the driver's own errors are. */
export function writeError({ code, errmsg }: { code?: number; errmsg?: string }): Error {
  return Object.assign(new Error(errmsg), { name: 'MongoServerError', code });
}

/** An error of the driver as an AppError that names the collection. */
export function mongoError(thrown: unknown, uri: string): AppError {
  if (thrown instanceof AppError) return thrown;
  const { name = '', message = '', code } = thrown as DriverError;
  const options = { cause: thrown };
  if (name === 'AbortError') return new AppError('aborted', `The request for ${uri} was cancelled.`, options);
  if (DENIED.has(code) || /\b(not authorized|authentication|unauthorized)\b/i.test(message)) {
    const fix = 'check the user and the roles in ROWMILL_MONGODB_URI';
    return new AppError(
      'location_denied',
      `${uri} can't be used with these credentials (${message}): ${fix}.`,
      options,
    );
  }
  if (isConnectionError(thrown)) {
    const text = `${uri} can't be reached (${message}): check that the server runs, and ROWMILL_MONGODB_URI.`;
    return new AppError('location_unavailable', text, { ...options, retryable: true });
  }
  if (name === 'MongoParseError' || name === 'MongoInvalidArgumentError' || name === 'MongoAPIError') {
    return new AppError('config_invalid', `${uri} can't be opened: ${message}. Check ROWMILL_MONGODB_URI.`, options);
  }
  if (name.startsWith('Mongo')) return new AppError('location_unavailable', `${uri}: ${message}.`, options);
  return toAppError(thrown);
}

/** Whether an operation may succeed when it is repeated: the connection, or the primary, was lost. */
export function isConnectionError(thrown: unknown): boolean {
  const { name = '', code, errorResponse, hasErrorLabel } = thrown as DriverError;
  if (CONNECTION.test(name) || FAILOVER.has(code)) return true;
  if (errorResponse instanceof Error && isConnectionError(errorResponse)) return true;
  return ['RetryableWriteError', 'TransientTransactionError'].some(
    (label) => hasErrorLabel?.call(thrown, label) === true,
  );
}

/** Whether a server refused a transaction because it has none, whatever it says of itself: IllegalOperation. */
export function isWithoutTransactions(thrown: unknown): boolean {
  const cause = thrown instanceof AppError ? thrown.cause : thrown;
  return (cause as DriverError | undefined)?.code === 20;
}

/** Whether a write was refused by a unique index. */
export function isDuplicate(thrown: unknown): boolean {
  return (thrown as DriverError).code === DUPLICATE;
}

/** Whether a document was refused for its size. */
export function isTooLarge(thrown: unknown): boolean {
  const { name, code } = thrown as DriverError;
  return TOO_LARGE.has(code) || name === 'RangeError' || name === 'MongoBSONError';
}
