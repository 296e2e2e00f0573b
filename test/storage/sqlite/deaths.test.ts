import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createSilentLog } from '../../../src/base/log.ts';
import { currentHost } from '../../../src/base/process/process-identity.ts';
import { openSqliteStore } from '../../../src/storage/sqlite/open-sqlite-store.ts';
import type { Store } from '../../../src/storage/store.ts';
import { newBatch, newOwner } from '../support/store-fixture.ts';

let folder: string;
let store: Store;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rowmill-deaths-'));
  const log = createSilentLog();
  store = await openSqliteStore({ path: join(folder, 'rowmill.db'), now: () => 0, isAlive: () => false, log });
  await store.insertBatch(newBatch('bat_1'));
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

const { host, bootId } = currentHost();
/** An owner takes the batch and never releases it; how many have died before it. */
async function take(boot: string) {
  const taken = await store.acquireLease('bat_1', newOwner(`of ${boot}`, { host, bootId: boot }));
  if (!taken.acquired) throw new Error('The lease was not free.');
  return taken;
}

it('does not count reboots of the host while the batch waits for a job at its provider', async () => {
  const { fence } = await take('an earlier boot');
  await store.insertProviderJob(fence, { id: 'job_1', provider: 'p', model: 'm', createdAt: 1 });
  await store.updateProviderJob(fence, 'job_1', { state: 'open' });
  expect((await take('a later boot')).deaths).toBe(0);
  expect((await take(bootId)).deaths).toBe(0);
  // A process that died while the host ran on.
  expect((await take(bootId)).deaths).toBe(1);
});

it('counts reboots while progress is due', async () => {
  await take('an earlier boot');
  expect((await take('a later boot')).deaths).toBe(1);
  expect((await take(bootId)).deaths).toBe(2);
});
