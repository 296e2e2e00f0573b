import { AppError, toAppError } from '../../base/errors.ts';

/** SQLite's primary result codes (sqlite.org/rescode.html); the extended ones have them in their low byte. */
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const CANTOPEN = 14;
const CONSTRAINT = 19;

const FAULTS: { [code: number]: string } = {
  [BUSY]:
    'is locked by another process. Stop the program that holds it (a database browser, a backup, a stopped rowmill), then try again.',
  [LOCKED]:
    'is locked by another process. Stop the program that holds it (a database browser, a backup, a stopped rowmill), then try again.',
  [READONLY]:
    'is read-only. Make the file and its folder writable for this user, or set ROWMILL_DATA_DIR to a folder that is.',
  10: 'could not be read or written (disk error). Check the disk and that its file system is local.',
  11: 'is damaged. Restore it from a backup, or set ROWMILL_DATA_DIR to a new folder.',
  13: 'could not grow: the disk is full. Free some space, then resume.',
  [CANTOPEN]:
    'could not be opened. Make its folder writable for this user, or set ROWMILL_DATA_DIR to a folder that is.',
  26: 'is not a database. Move that file away, or set ROWMILL_DATA_DIR to another folder.',
};

/** SQLite's primary result code of a thrown value, or undefined when it is not a fault of the database. */
function resultCode(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error)) return undefined;
  if ('errcode' in thrown && typeof thrown.errcode === 'number') return thrown.errcode & 0xff;
  const call = 'syscall' in thrown ? thrown.syscall : undefined;
  if (call === 'open') return CANTOPEN;
  return call === 'access' ? READONLY : undefined;
}

/** Whether another process held the lock, so that waiting helps. */
export function isBusy(thrown: unknown): boolean {
  const code = resultCode(thrown);
  return code === BUSY || code === LOCKED;
}

/**
 * Any thrown value as an AppError: `store_unavailable` with the fault, the place and the fix; `internal` for our own
 * faults.
 */
export function toStoreFault(thrown: unknown, path: string): AppError {
  if (thrown instanceof AppError) return thrown;
  const code = resultCode(thrown);
  if (code === undefined) return toAppError(thrown);
  const cause = thrown instanceof Error ? thrown.message : String(thrown);
  if (code === CONSTRAINT) return new AppError('internal', `The store refused a write: ${cause}.`, { cause: thrown });
  const fault = FAULTS[code] ?? `failed: ${cause}.`;
  return new AppError('store_unavailable', `The database ${path} ${fault}`, {
    cause: thrown,
    retryable: isBusy(thrown),
  });
}
