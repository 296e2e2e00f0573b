/** What another process asks a batch's owner for. */
export type BatchControl = 'pause' | 'cancel';

/** Who runs a batch: enough to tell a dead process from a silent one on this host. */
export interface LeaseOwner {
  /** Random, new for each process. */
  instance: string;
  host: string;
  bootId: string;
  pid: number;
  /** The process's start time as the kernel counts it, so that a reused pid is not mistaken. */
  processStart: string;
}

/** Every write of an owner carries this; the store rejects it with `lease_lost` unless the epoch is still the batch's. */
export interface Fence {
  batchId: string;
  epoch: number;
}

/** What a lease attempt gives. */
export type LeaseOutcome = { acquired: true; fence: Fence } | { acquired: false; owner: LeaseOwner };

/** Who runs which batch. The contract of `storage/store.ts` holds for every call. */
export interface LeaseStore {
  /** Takes the lease when there is none, its owner is dead on this host, or it was silent for 15 s. Raises the epoch. */
  acquireLease(batchId: string, owner: LeaseOwner): Promise<LeaseOutcome>;
  /** Heartbeat. Resolves to the batch's `control`, or rejects with `lease_lost`. */
  renewLease(fence: Fence): Promise<BatchControl | null>;
  releaseLease(fence: Fence): Promise<void>;
  /** Ids of batches in created, validating, loading, running or aggregating that no living process owns. */
  listLapsedBatches(): Promise<string[]>;
}
