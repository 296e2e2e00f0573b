import { existsSync, statSync } from 'node:fs';
import { AppError } from '../../base/errors.ts';

/** How often the file is looked for, in milliseconds. */
const EVERY_MS = 1_000;

/**
 * A check that the file of an open database is still at its place. SQLite writes on into a file that was deleted or
 * replaced, and all of that is lost when the process ends.
 * @param now a monotonic clock, in milliseconds
 * @returns throws `store_unavailable` from then on
 */
export function createFileCheck(path: string, now: () => number = () => performance.now()): () => void {
  const opened = identityOf(path);
  let isLost = false;
  let nextAt = now() + EVERY_MS;
  return () => {
    if (!isLost && now() < nextAt) return;
    nextAt = now() + EVERY_MS;
    isLost ||= identityOf(path) !== opened;
    if (!isLost) return;
    throw new AppError(
      'store_unavailable',
      `The database ${path} was deleted or replaced while it was open. Nothing is stored any more: stop this process, put the file back from a backup, then start again.`,
    );
  };
}

/** @throws AppError `store_unavailable` where the changes of a database are there, and the database is not */
export function refuseOrphanedLog(path: string): void {
  const log = `${path}-wal`;
  if (existsSync(path) || (statSync(log, { throwIfNoEntry: false })?.size ?? 0) === 0) return;
  throw new AppError(
    'store_unavailable',
    `The database ${path} is missing, and ${log} has changes of it. Put the database back from a backup, or move that file away to start with an empty one.`,
  );
}

function identityOf(path: string): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? undefined : `${found.dev}:${found.ino}`;
}
