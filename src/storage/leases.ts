/** A request of another process to a batch's owner. */
export type BatchControl = 'pause' | 'cancel';

/** The process that runs a batch. On this host, the fields distinguish a dead process from a silent one. */
export interface LeaseOwner {
  /** Random, new for each process. */
  instance: string;
  host: string;
  bootId: string;
  pid: number;
  /** The process's start time as the kernel counts it; it detects a reused pid. */
  processStart: string;
}

/**
 * Part of every write of an owner. The store rejects the write with `lease_lost` unless the batch still has this epoch.
 */
export interface Fence {
  batchId: string;
  epoch: number;
}

/**
 * The result of an attempt to acquire a lease. `deaths`: how many owners in a row ended without releasing it, the batch
 * making no progress in between (no row ended, no model call was answered).
 */
export type LeaseOutcome = { acquired: true; fence: Fence; deaths: number } | { acquired: false; owner: LeaseOwner };

/** Which process runs which batch. The contract of `storage/store.ts` holds for every call. */
export interface LeaseStore {
  /** Takes a lease that has no owner, or whose owner is dead on this host or was silent for 15 s. Raises the epoch. */
  acquireLease(batchId: string, owner: LeaseOwner): Promise<LeaseOutcome>;
  /** Forgets the deaths of earlier owners. */
  forgetDeaths(fence: Fence): Promise<void>;
  /** Heartbeat. Resolves to the batch's `control`, or rejects with `lease_lost`. */
  renewLease(fence: Fence): Promise<BatchControl | null>;
  releaseLease(fence: Fence): Promise<void>;
  /** Ids of batches in created, validating, loading, running or aggregating that no living process owns. */
  listLapsedBatches(): Promise<string[]>;
  /**
   * Lets the writes of this process wait up to a minute for another process that blocks the store, instead of thirteen
   * seconds, until the returned function is called. That function is idempotent.
   */
  waitLonger(): () => void;
}
