import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe } from 'vitest';
import type { LeaseOwner, Store } from '../../../src/storage/store.ts';
import { newFolder } from '../../storage/support/store-fixture.ts';
import { testBatches } from './store-batches.ts';
import { testControl } from './store-control.ts';
import { testConversations } from './store-conversations.ts';
import { testJournal } from './store-journal.ts';
import { testKept } from './store-kept.ts';
import { testLeases } from './store-leases.ts';
import { testJobs } from './store-provider-jobs.ts';
import { testRows } from './store-rows.ts';
import { testTotals } from './store-totals.ts';
import { testWrites } from './store-writes.ts';

/** The outside world of a store under test: its clocks and what is known of processes. */
interface StoreWorld {
  /** Where it keeps its data; opening the same folder again finds the same data. */
  folder: string;
  nowMs: number;
  uptimeMs: number;
  isAlive: (owner: LeaseOwner) => boolean | 'unknown';
}

/** Opens the store under test. The clocks are read from `world` each time, so that a test can move them. */
export type OpenStore = (world: StoreWorld) => Promise<Store>;

/** What the parts of the suite get: the store of the current test, its world, and a way to open it once more. */
export interface StoreBench {
  store: () => Store;
  world: () => StoreWorld;
  /** Another store on the same data, as another process has it. */
  openAnother: () => Promise<Store>;
}

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

    testBatches(bench);
    testLeases(bench);
    testRows(bench);
    testJobs(bench);
    testJournal(bench);
    testTotals(bench);
    testWrites(bench);
    testControl(bench);
    testKept(bench);
    testConversations(bench);
  });
}
