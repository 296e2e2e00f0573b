import { AppError } from '../../../base/errors.ts';
import { createBatchPriceTable } from '../../../providers/prices/batch-prices.ts';
import type { PriceTable } from '../../../providers/prices/prices.ts';
import type { Provider } from '../../../providers/provider.ts';
import type { BatchApi } from '../../../providers/provider-jobs/batch-api.ts';
import type { BatchRecord } from '../../../storage/batches.ts';
import { type BatchOptions, OPTION_DEFAULTS } from '../../contract/options.ts';
import { settingsOf } from '../../lifecycle/settings.ts';
import { batchNotFound, planOf } from '../../output/results.ts';
import { policyOf } from '../../rows/retry-policy.ts';
import { createBatchWatch } from '../batch-watch.ts';
import type { ProcessOptions } from '../executor.ts';
import { type LocalAttempts, openLocalAttempts } from '../local-attempts.ts';

/** How much of what a provider takes in one job is used. */
const SHARE_OF_LIMIT = 0.9;
/** How long to wait before a job is first asked about. */
export const DEFAULT_POLL_MS = 10_000;

/** What the jobs of a batch are bound by. */
export interface ProviderJobLimits {
  requests: number;
  bytes: number;
  /** At once. */
  jobs: number;
  /** Fewer requests are not a job: the provider does not take them. */
  fewest: number;
}

/** One process at work on the jobs of one batch. */
export interface ProviderJobRun {
  options: ProcessOptions;
  /** The plan's options as they stood when the work began. */
  asked: BatchOptions;
  api: BatchApi;
  provider: Provider;
  /** Of the batch API, and of real time. */
  prices: PriceTable;
  standardPrices: PriceTable;
  limits: ProviderJobLimits;
  attempts: LocalAttempts;
  watch: ReturnType<typeof createBatchWatch>;
  /** Faults of the batch API since it last went well. */
  faults: number;
  /** Whether this process has sent a row in real time, to find out what the model takes. */
  hasAsked: boolean;
  /** Whether a job was taken in already: what goes out from here on may be a tail. */
  hasHarvested: boolean;
  /** Jobs that were looked for and not found, with how often. */
  looks: Map<string, number>;
  /** Jobs that could not be read, with how often in a row. */
  unread: Map<string, number>;
  /** Jobs in a row that were made mostly of requests which other jobs had not answered. */
  repeats: number;
  /** Tools go out in plain form: their strict form was refused in real time. */
  isPlain: boolean;
}

/** Puts together what the work on jobs needs. @param holdsTools no tool is run either: the batch ends */
export async function openProviderJobRun(
  options: ProcessOptions,
  api: BatchApi,
  { holdsTools = false }: { holdsTools?: boolean } = {},
): Promise<ProviderJobRun> {
  const { batch, deps } = options;
  const { agent, request } = planOf(batch);
  const asked = request.options ?? {};
  const watch = createBatchWatch({ batch });
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
    limits: limitsOf(api, asked),
    attempts,
    watch,
    faults: 0,
    hasAsked: false,
    hasHarvested: (await deps.store.readProviderJobs(batch.id)).some(({ state }) => state === 'done'),
    looks: new Map(),
    unread: new Map(),
    repeats: 0,
    isPlain: settingsOf(batch).plain_tools === true,
  };
}

function limitsOf({ limits }: BatchApi, asked: BatchOptions): ProviderJobLimits {
  const usual = Math.floor(limits.maxRequests * SHARE_OF_LIMIT);
  return {
    requests: Math.min(asked.batch_job_requests ?? usual, limits.maxRequests),
    bytes: Math.floor(limits.maxBytes * SHARE_OF_LIMIT),
    jobs: asked.batch_jobs ?? OPTION_DEFAULTS.batch_jobs,
    fewest: limits.minRequests ?? 1,
  };
}

/** The batch as it is now. */
export async function readNow({ options: { deps, fence } }: ProviderJobRun): Promise<BatchRecord> {
  const batch = await deps.store.readBatch(fence.batchId);
  if (batch === undefined) throw batchNotFound(fence.batchId);
  return batch;
}

/** No row is begun any more. */
export function isStopping({ options, watch }: ProviderJobRun): boolean {
  return options.drain.aborted || watch.end() !== undefined;
}

/** Why a submission was given up before anything was created. Made once, told apart by identity. */
export const STOPPED = new AppError('aborted', 'The job was given up: the batch stops.');
