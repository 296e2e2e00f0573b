import type { OpenedAgent } from '../../protocol/run.ts';
import type { BatchRecord } from '../../storage/batches.ts';
import type { Fence } from '../../storage/leases.ts';
import type { RunnerDeps } from '../deps.ts';
import type { LiveTuning } from '../lifecycle/live-tuning.ts';
import type { BatchWatch } from './batch-watch.ts';
import type { RowArrivals } from './claims.ts';

export interface ProcessOptions {
  batch: BatchRecord;
  fence: Fence;
  agent: OpenedAgent;
  deps: RunnerDeps;
  /** How many rows at once, and the cap, as they are set now. */
  tuning: LiveTuning;
  /** No new rows from here on; rows at work finish. */
  drain: AbortSignal;
  /** Rows at work are cancelled and go back to the queue. */
  hard: AbortSignal;
  /** Only so many rows. */
  rows?: number;
  /** Present where the source is loaded while rows run: a claim that finds too few rows is final only once it is over. */
  arrivals?: RowArrivals;
  /** Sees how rows end, and decides; one of its own without it. */
  watch?: BatchWatch;
}
