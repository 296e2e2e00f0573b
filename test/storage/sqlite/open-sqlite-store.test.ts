import { join } from 'node:path';
import { createSilentLog } from '../../../src/base/log.ts';
import { openSqliteStore } from '../../../src/storage/sqlite/open-sqlite-store.ts';
import { testStore } from '../../contracts/store/store.ts';

testStore('sqlite', (world) =>
  openSqliteStore({
    path: join(world.folder, 'data', 'rowmill.db'),
    now: () => world.nowMs,
    uptimeMs: () => world.uptimeMs,
    isAlive: (owner) => world.isAlive(owner),
    log: createSilentLog(),
  }),
);
