import type { LeaseOwner } from '../../../src/storage/leases.ts';
import type { Store } from '../../../src/storage/store.ts';

/** The environment of a store under test: its clocks and the state of processes. */
export interface StoreWorld {
  /** Where it keeps its data; opening the same folder again finds the same data. */
  folder: string;
  nowMs: number;
  uptimeMs: number;
  isAlive: (owner: LeaseOwner) => boolean | 'unknown';
}

/** Opens the store under test. The clocks are read from `world` each time, so that a test can move them. */
export type OpenStore = (world: StoreWorld) => Promise<Store>;

/** The arguments of the suite's parts: the store of the current test, its world, and a way to open it again. */
export interface StoreBench {
  store: () => Store;
  world: () => StoreWorld;
  /** Another store on the same data, like that of another process. */
  openAnother: () => Promise<Store>;
}
