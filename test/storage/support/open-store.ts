import { toAppError } from '../../../src/base/errors.ts';
import { createSilentLog } from '../../../src/base/log.ts';
import { openSqliteStore } from '../../../src/storage/sqlite/open-sqlite-store.ts';

/** Run as a process of its own, perhaps as another user: opens the store at the given path and prints what happens. */
try {
  const store = await openSqliteStore({ path: process.argv[2] ?? '', now: Date.now, log: createSilentLog() });
  await store.close();
  process.stdout.write('opened\n');
} catch (thrown) {
  const { code, message } = toAppError(thrown);
  process.stdout.write(`${code}: ${message}\n`);
}
