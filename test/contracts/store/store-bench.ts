import type { LeaseOwner } from '../../../src/storage/leases.ts';
import type { Store } from '../../../src/storage/store.ts';

/** The outside world of a store under test: its clocks and what is known of processes. */
export interface StoreWorld {
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
