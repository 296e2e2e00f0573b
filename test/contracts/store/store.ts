import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe } from 'vitest';
import type { Store } from '../../../src/storage/store.ts';
import { newFolder } from '../../storage/support/store-fixture.ts';
import { testAccess } from './store-access.ts';
import { testSavedAgents } from './store-agents.ts';
import { testAppend } from './store-append.ts';
import { testBatches } from './store-batches.ts';
import type { OpenStore, StoreBench, StoreWorld } from './store-bench.ts';
import { testBrowsing } from './store-browsing.ts';
import { testClaims } from './store-claims.ts';
import { testControl } from './store-control.ts';
import { testConversations } from './store-conversations.ts';
import { testDelivery } from './store-delivery.ts';
import { testDrafts } from './store-drafts.ts';
import { testIdempotency } from './store-idempotency.ts';
import { testJournal } from './store-journal.ts';
import { testKept } from './store-kept.ts';
import { testLeases } from './store-leases.ts';
import { testProviderJobs } from './store-provider-jobs.ts';
import { testRows } from './store-rows.ts';
import { testTotals } from './store-totals.ts';
import { testUploads } from './store-uploads.ts';
import { testUsage } from './store-usage.ts';
import { testWrites } from './store-writes.ts';
import { testWritten } from './store-written.ts';

/** The contract of {@link Store}, for any implementation. */
export function testStore(name: string, open: OpenStore): void {
  describe(`store contract: ${name}`, () => {
    let world: StoreWorld;
    let opened: Store[] = [];

    beforeEach(async () => {
      world = { folder: await newFolder(), nowMs: 1_000_000, uptimeMs: 500_000, isAlive: () => 'unknown' };
      opened = [await open(world)];
    });
    afterEach(async () => {
      for (const store of opened) await store.close();
      await rm(world.folder, { recursive: true });
    });

    const bench: StoreBench = {
      store: () => {
        const [first] = opened;
        if (first === undefined) throw new Error('no store is open');
        return first;
      },
      world: () => world,
      openAnother: async () => {
        const store = await open(world);
        opened.push(store);
        return store;
      },
    };

    testAccess(bench);
    testBatches(bench);
    testLeases(bench);
    testRows(bench);
    testClaims(bench);
    testAppend(bench);
    testProviderJobs(bench);
    testIdempotency(bench);
    testJournal(bench);
    testTotals(bench);
    testWrites(bench);
    testControl(bench);
    testKept(bench);
    testDelivery(bench);
    testConversations(bench);
    testWritten(bench);
    testSavedAgents(bench);
    testBrowsing(bench);
    testUploads(bench);
    testUsage(bench);
    testDrafts(bench);
  });
}
