import { chmodSync, lstatSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, relative, sep } from 'node:path';
import type { Log } from '../base/log.ts';
import type { Config } from './config.ts';

/** The names in a data directory that are Rowmill's own. */
const OWN = /^(rowmill\.db(-wal|-shm|-journal)?|confirmation\.key.*|runner\.log|results|spool|uploads)$/;

/**
 * Makes an existing data directory private to its user: 0700 for folders, 0600 for files. A directory that also has other
 * files (a folder of tables, the home directory) keeps its mode, but not Rowmill's files in it. Links are left alone.
 */
export function makePrivate({ dataDir, fileRoots }: Pick<Config, 'dataDir' | 'fileRoots'>, log: Log): void {
  const isShared = [homedir(), ...fileRoots].some((folder) => isWithin(folder, dataDir));
  const own = readdirSync(dataDir).filter((name) => OWN.test(name));
  for (const path of [...(isShared ? [] : [dataDir]), ...own.map((name) => join(dataDir, name))]) {
    try {
      const found = lstatSync(path);
      const wanted = found.isDirectory() ? 0o700 : 0o600;
      if (found.isSymbolicLink() || (found.mode & 0o777 & ~wanted) === 0) continue;
      chmodSync(path, found.mode & wanted);
    } catch (err) {
      // Another process may have removed a log of SQLite; a file of another user can't be changed.
      if ((err as NodeJS.ErrnoException).code !== 'ENOENT')
        log.warn({ err, path }, 'others may be able to read a file');
    }
  }
}

function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === '' || !(way === '..' || way.startsWith(`..${sep}`) || way.startsWith(sep));
}
