import { AppError } from '../../../base/errors.ts';
import { createBatchPriceTable } from '../../../providers/prices/batch-prices.ts';
import type { PriceTable } from '../../../providers/prices/prices.ts';
import type { Provider } from '../../../providers/provider.ts';
import type { BatchApi } from '../../../providers/provider-jobs/batch-api.ts';
import type { BatchRecord } from '../../../storage/batches.ts';
import type { BatchOptions } from '../../contract/request/options.ts';
import { settingsOf } from '../../lifecycle/settings.ts';
import { batchNotFound, planOf } from '../../output/results.ts';
import { policyOf } from '../../rows/retry-policy.ts';
import { createBatchWatch } from '../batch-watch.ts';
import type { ProcessOptions } from '../executor.ts';
import { type LocalAttempts, openLocalAttempts } from '../local-attempts.ts';
import { jobLimitsOf, type ProviderJobLimits } from './job-limits.ts';

/** How long to wait before a job is first polled, in milliseconds. */
export const DEFAULT_POLL_MS = 10_000;

/** The state of one process that runs the jobs of one batch. */
export interface ProviderJobRun {
  options: ProcessOptions;
  /** The plan's options when the work started. */
  asked: BatchOptions;
  api: BatchApi;
  provider: Provider;
  /** The prices of the batch API (`prices`) and of real time (`standardPrices`). */
  prices: PriceTable;
  standardPrices: PriceTable;
  limits: ProviderJobLimits;
  attempts: LocalAttempts;
  watch: ReturnType<typeof createBatchWatch>;
  /** Whether the last claim found no further row. */
  queue: { isEmpty: boolean };
  /** Number of faults of the batch API since its last success. */
  faults: number;
  /** Whether this process has sent a row in real time, to find out what the model accepts. */
  hasAsked: boolean;
  /** Whether answers of a job were collected in this process: the next wave may be a tail. */
  hasHarvested: boolean;
  /** How often each job was looked for and not found. */
  looks: Map<string, number>;
  /** How often in a row each job could not be read. */
  unread: Map<string, number>;
  /** Number of rows that the last build found too few for a job; they wait because fallback is off. */
  tooFew: number;
  /** Number of jobs in a row that consisted mostly of requests which earlier jobs left unanswered. */
  repeats: number;
  /** Whether tools are sent in plain form, because their strict form was refused in real time. */
  isPlain: boolean;
  /** The jobs of this process whose tools are in plain form. */
  plainJobs: Set<string>;
}

/** Opens the state of the work on jobs. @param holdsTools no tool is run either, because the batch ends */
export async function openProviderJobRun(
  options: ProcessOptions,
  api: BatchApi,
  { holdsTools = false }: { holdsTools?: boolean } = {},
): Promise<ProviderJobRun> {
  const { batch, deps } = options;
  const { agent, request } = planOf(batch);
  const asked = request.options ?? {};
  const queue = { isEmpty: false };
  const watch = createBatchWatch({ batch }, () => !queue.isEmpty);
  const halt = new AbortController();
  const attempts = await openLocalAttempts(options, {
    parks: { holdsTools },
    halt: halt.signal,
    onFirstAnswer: () => undefined,
    onFault: (error) => {
      if (['pause', 'stop'].includes(policyOf(error))) watch.see({ kind: 'returned', error });
    },
  });
  return {
    options,
    asked,
    api,
    provider: await deps.provider(agent.model.provider, agent.model),
    prices: createBatchPriceTable(deps.prices),
    standardPrices: deps.prices,
    limits: jobLimitsOf(api, asked),
    attempts,
    watch,
    queue,
    faults: 0,
    hasAsked: false,
    hasHarvested: false,
    looks: new Map(),
    unread: new Map(),
    tooFew: 0,
    repeats: 0,
    isPlain: settingsOf(batch).plain_tools === true,
    plainJobs: new Set(),
  };
}

/** The batch as it is now. */
export async function readNow({ options: { deps, fence } }: ProviderJobRun): Promise<BatchRecord> {
  const batch = await deps.store.readBatch(fence.batchId);
  if (batch === undefined) throw batchNotFound(fence.batchId);
  return batch;
}

/** Whether no further row may start. */
export function isStopping({ options, watch }: ProviderJobRun): boolean {
  return options.drain.aborted || watch.end() !== undefined;
}

/** Thrown when a submission is given up before the job's creation. Created once, detected by identity. */
export const STOPPED = new AppError('aborted', 'The job was given up: the batch stops.');
