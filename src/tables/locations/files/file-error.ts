import { AppError, isOutOfFiles, toAppError } from '../../../base/errors.ts';

/** Converts a file system's error to an AppError that names the table. */
export function fileError(cause: unknown, path: string): AppError {
  if (cause instanceof AppError) return cause;
  if (isOutOfFiles(cause)) return toAppError(cause, 'location_unavailable');
  const { code, message } = cause as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new AppError('file_not_found', `There is no file "${path}": check the path.`, { cause });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new AppError('location_denied', `"${path}" can't be used by this user: check its permissions.`, {
        cause,
      });
    case 'ENOSPC':
    case 'EDQUOT':
      return new AppError('location_unavailable', `No space is left for "${path}": free some, then try again.`, {
        cause,
        retryable: true,
      });
    default:
      return new AppError('location_unavailable', `"${path}" can't be used: ${message ?? String(cause)}.`, { cause });
  }
}
