import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../base/errors.ts';
import type { LockWait } from './lock-wait.ts';
import { refuseOrphanedLog } from './lost-file.ts';
import { migrate } from './migrate.ts';

/**
 * How long SQLite itself waits for another process's lock. This wait blocks the event loop; {@link LockWait} waits
 * longer outside.
 */
const BUSY_TIMEOUT_MS = 250;

/**
 * Opens the database file, with its folders, and brings it to this program's schema.
 *
 * WAL with `synchronous=NORMAL`: a commit survives the end of the process at any moment. After a power cut the newest
 * commits may be missing, but the database is intact. A checkpoint holds up the event loop: one after 10,000 pages
 * waits 50 ms for the disk; after every 1,000 pages they take 7 % more of a row's processor time.
 * @throws AppError `store_unavailable` with the fix
 */
export async function openConnection(
  path: string,
  { lock, onMigration }: { lock: LockWait; onMigration: (() => void) | undefined },
): Promise<DatabaseSync> {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  } catch (thrown) {
    throw new AppError(
      'store_unavailable',
      `The folder ${dirname(path)} could not be created (${thrown instanceof Error ? thrown.message : String(thrown)}); ` +
        'set ROWMILL_DATA_DIR to a folder that this user can write.',
      { cause: thrown },
    );
  }
  return await lock.retry(() => open(path, onMigration));
}

/** SQLite itself would create a file that others can read. Its logs get the mode of the file. */
function createPrivately(path: string): void {
  if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600));
}

function open(path: string, onMigration: (() => void) | undefined): DatabaseSync {
  refuseOrphanedLog(path);
  createPrivately(path);
  const db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    db.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      PRAGMA cache_size = -4096;
      PRAGMA wal_autocheckpoint = 4000;
      PRAGMA journal_size_limit = 67108864;
      PRAGMA temp_store = MEMORY;
    `);
    migrate(db, path, onMigration);
    // SQLite opens a file without write permission as read-only; only the first write would fail.
    accessSync(path, constants.W_OK);
    return db;
  } catch (thrown) {
    db.close();
    throw thrown;
  }
}
