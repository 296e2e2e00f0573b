import type { OpenedAgent } from '../../protocol/run.ts';
import type { BatchRecord } from '../../storage/batches.ts';
import type { Fence } from '../../storage/leases.ts';
import type { Estimate } from '../contract/estimate.ts';
import type { ExecutorName } from '../contract/executor-name.ts';
import type { BatchOptions } from '../contract/options.ts';
import type { Problem } from '../contract/problem.ts';
import type { StoredPlan } from '../contract/stored-plan.ts';
import type { EstimateBasis } from '../intake/estimate.ts';
import type { LiveTuning } from '../lifecycle/live-tuning.ts';
import type { BatchSettings } from '../lifecycle/settings.ts';
import type { BatchWatch } from './batch-watch.ts';
import type { RowArrivals } from './claims.ts';
import type { ExecutionDeps } from './execution-deps.ts';
import type { ProcessEnd } from './process-end.ts';

/** What an executor needs to know to say whether it fits. */
export interface RunFacts {
  plan: Pick<StoredPlan, 'agent' | 'request'>;
  /** How many rows are to be run; null when nobody knows. */
  rows: number | null;
  /** The source is loaded while rows run. */
  isLive: boolean;
  /** Only the first rows are run, for a person who waits to look at them. */
  isSample: boolean;
  /** What was set on the batch since its start; nothing before it. */
  settings: Pick<BatchSettings, 'real_time'>;
}

/** Whether an executor fits, and why, in words. */
export type Fit =
  /** Without a reason it fits because those that were asked before it don't. `problems` are wrong options. */
  | { fits: true; reason?: string; problems?: Problem[] }
  /** `isMissing`: it was asked for by name and is not available. */
  | { fits: false; reason: string; isMissing?: true };

/** What the rows of one batch are run with. */
export interface ProcessOptions {
  batch: BatchRecord;
  fence: Fence;
  agent: OpenedAgent;
  deps: ExecutionDeps;
  /** How many rows at once, and the cap, as they are set now. */
  tuning: LiveTuning;
  /** No new rows from here on; running rows finish. */
  drain: AbortSignal;
  /** Running rows are cancelled and go back to the queue. */
  hard: AbortSignal;
  /** Only so many rows. */
  rows?: number;
  /** Present where the source is loaded while rows run: a claim that finds too few rows is final only once it is over. */
  arrivals?: RowArrivals;
  /** Sees how rows end, and decides; one of its own without it. */
  watch?: BatchWatch;
}

/** Work on a batch that goes on outside this process, and that its executor alone can take in. */
export interface WorkElsewhere {
  exists(at: Pick<ProcessOptions, 'deps' | 'fence'>): Promise<boolean>;
  /** Ends it where the batch ends before it does; what it gave until then is taken in, since it is paid for. */
  end(options: ProcessOptions): Promise<void>;
}

/** One way to run the rows of a batch. It holds no state between two runs. */
export interface Executor {
  name: ExecutorName;
  /** Says whether it fits. Contract: changes nothing; a plan and a start get the same answer for the same facts. */
  choose(facts: RunFacts, deps: ExecutionDeps): Promise<Fit>;
  /** What a batch may cost and take with it; null where it can't run the agent at all. */
  estimate(basis: EstimateBasis, options: BatchOptions, deps: ExecutionDeps): Promise<Estimate | null>;
  /**
   * Claims queued rows and drives each to its settlement, until none is left or something ends or pauses the batch.
   * @throws AppError only for faults that it can't name an end for
   */
  run(options: ProcessOptions): Promise<ProcessEnd>;
  /** Present where rows can outlive the process that sent them. */
  elsewhere?: WorkElsewhere;
}
