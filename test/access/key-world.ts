import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Access } from '../../src/access/access.ts';
import { createAccess } from '../../src/access/create-access.ts';
import type { KeyRequest } from '../../src/access/key-info.ts';
import { createSilentLog } from '../../src/base/log.ts';
import { localCaller } from '../../src/runner/contract/caller.ts';
import { openSqliteStore } from '../../src/storage/sqlite/open-sqlite-store.ts';
import type { Store } from '../../src/storage/store.ts';

export const ADMIN = localCaller('cli');

/** Keys in a store of its own, with a clock that a test moves. */
export interface KeyWorld {
  store: Store;
  path: string;
  access: Access;
  nowMs: number;
  /** Makes a key, and gives its text. */
  make(request: Partial<KeyRequest>): Promise<string>;
  close(): Promise<void>;
}

export async function startKeyWorld(environmentKeys: string[] = []): Promise<KeyWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'rowmill-keys-'));
  const path = join(folder, 'x.db');
  const log = createSilentLog();
  const store = await openSqliteStore({ path, now: () => world.nowMs, log });
  const access = createAccess({ environmentKeys, store, now: () => world.nowMs, log });
  const world: KeyWorld = {
    ...{ store, path, access, nowMs: Date.parse('2026-03-04T05:06:07Z') },
    make: async (request) => (await access.keys.create({ name: 'importer', ...request }, ADMIN)).secret,
    async close() {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
  return world;
}
