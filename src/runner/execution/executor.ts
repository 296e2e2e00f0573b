import type { OpenedAgent } from '../../protocol/run.ts';
import type { PriceTable } from '../../providers/prices/prices.ts';
import type { BatchRecord } from '../../storage/batches.ts';
import type { Fence } from '../../storage/leases.ts';
import type { ExecutorName } from '../contract/executor-name.ts';
import type { Problem } from '../contract/problem.ts';
import type { StoredPlan } from '../contract/report/stored-plan.ts';
import type { LiveRows } from '../lifecycle/live-rows.ts';
import type { LiveTuning } from '../lifecycle/live-tuning.ts';
import type { BatchSettings } from '../lifecycle/settings.ts';
import type { RowRuns } from '../rows/row-run.ts';
import type { RowSettlement } from '../rows/row-settlement.ts';
import type { BatchSnapshot } from '../rows/row-task.ts';
import type { RunCallsDeps } from '../rows/run-journal.ts';
import type { BatchWatch } from './batch-watch.ts';
import type { RowArrivals } from './claims.ts';
import type { ExecutionDeps } from './execution-deps.ts';
import type { ProcessEnd } from './process-end.ts';
import type { RowShare } from './row-share.ts';

/** The facts by which an executor decides whether it fits. */
export interface RunFacts {
  plan: Pick<StoredPlan, 'agent' | 'request'>;
  /** The number of queued rows to run; null when unknown. */
  rows: number | null;
  /** The number of rows of the whole batch; null when unknown. */
  allRows: number | null;
  /** Whether the source is loaded while rows run. */
  isLive: boolean;
  /** Whether only the first rows are run, for a person who waits to check them. */
  isSample: boolean;
  /** Whether a model call of the batch was answered before. */
  hasAnswers: boolean;
  /** The number of rows that wait in provider jobs, besides `rows`. */
  inJobs: number;
  /** The settings made since the batch's start; empty before it. */
  settings: Pick<BatchSettings, 'real_time'>;
}

/** Whether an executor fits, and the reason in words. */
export type Fit =
  /**
   * Without a reason, it fits because the executors asked before it do not. `problems` are wrong options. `shares`: how
   * the rows are run, where not all are run in the same way.
   */
  | { fits: true; reason?: string; problems?: Problem[]; shares?: RowShare[] }
  /** `isMissing`: the executor was requested by name and is not available. */
  | { fits: false; reason: string; isMissing?: true };

/** The options of running the rows of one batch. */
export interface ProcessOptions {
  batch: BatchRecord;
  fence: Fence;
  agent: OpenedAgent;
  deps: ExecutionDeps;
  /** The current concurrency and cap. */
  tuning: LiveTuning;
  /** The rows in progress, so that each can be cancelled alone; absent where none can. */
  live?: LiveRows;
  /** Once it fires, no new rows start; running rows finish. */
  drain: AbortSignal;
  /** Once it fires, running rows are cancelled and go back to the queue. */
  hard: AbortSignal;
  /** The maximum number of rows to run. */
  rows?: number;
  /** Present where the source is loaded while rows run. A claim that finds too few rows is final only after its end. */
  arrivals?: RowArrivals;
  /** Decides when the endings of rows end the batch; if absent, the executor creates its own. */
  watch?: BatchWatch;
  /** Present where the rows run in other processes. */
  remote?: RemoteBatch;
}

/** What the rows of one model of a batch use here while they run in other processes. */
export interface RemoteCalls {
  calls: RunCallsDeps;
  timeoutMs: () => number | undefined;
  /** The cache of a run, where the batch allows answers of other rows. */
  cacheOf: RowSettlement['cacheOf'];
}

/** The rows of one batch in other processes. Claims and settlement stay in this one. */
export interface RemoteBatch {
  /**
   * Runs the rows of one model of the batch.
   * @param model the journal, the limits and the prices, as for runs in this process
   */
  open(snapshot: BatchSnapshot, model: RemoteCalls): Promise<Pick<RowRuns, 'run'>>;
  /** How many rows are in progress where nobody set the concurrency. */
  concurrency(): number;
  /** Calls back when that changes. Returns the function that ends the listening. */
  listen(onChange: () => void): () => void;
}

/** Work on a batch that continues outside this process. Only its executor can collect the results. */
export interface WorkElsewhere {
  exists(at: Pick<ProcessOptions, 'deps' | 'fence'>): Promise<boolean>;
  /** Ends the work of a batch that ends before it. Results until then are collected, because they are paid for. */
  end(options: ProcessOptions): Promise<void>;
}

/** One way to run the rows of a batch. It holds no state between two runs. */
export interface Executor {
  name: ExecutorName;
  /** Says whether it fits. Contract: changes nothing; a plan and a start get the same answer for the same facts. */
  choose(facts: RunFacts, deps: Pick<ExecutionDeps, 'batchApi' | 'provider'>): Promise<Fit>;
  /** Its prices, where they are not those of real time. */
  prices?(realtime: PriceTable): PriceTable;
  /**
   * Claims queued rows and drives each to its settlement, until none is left or something ends or pauses the batch.
   * @throws AppError only for faults that no {@link ProcessEnd} describes
   */
  run(options: ProcessOptions): Promise<ProcessEnd>;
  /** Present where work on rows can outlive the process that sent it. */
  elsewhere?: WorkElsewhere;
}
