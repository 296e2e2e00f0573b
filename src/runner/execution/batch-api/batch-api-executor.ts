import { AppError } from '../../../base/errors.ts';
import { createBatchPriceTable } from '../../../providers/prices/batch-prices.ts';
import { planOf } from '../../output/results.ts';
import type { Executor, ProcessOptions } from '../executor.ts';
import type { ProcessEnd } from '../process-end.ts';
import { batchApiOf } from './batch-api-of.ts';
import { endProviderJobs } from './end-provider-jobs.ts';
import { fitBatchApi } from './fit-batch-api.ts';
import { unsettledProviderJobs } from './open-provider-jobs.ts';
import { runProviderJobs } from './run-provider-jobs.ts';

/**
 * The `batch-api` executor: rows run through jobs of the provider's batch API.
 * @param realtime runs rows that are too few or not fit for a provider job, and the rest once the batch API is given up
 */
export function createBatchApiExecutor({ realtime }: { realtime: Executor }): Executor {
  return {
    name: 'batch-api',
    choose: fitBatchApi,
    prices: createBatchPriceTable,
    run: (options) => run(options, realtime),
    elsewhere: {
      exists: async (at) => (await unsettledProviderJobs(at)).length > 0,
      end: endProviderJobs,
    },
  };
}

async function run(given: ProcessOptions, realtime: Executor): Promise<ProcessEnd> {
  // A provider job is filled once, so that its rows have to be there.
  await given.arrivals?.all(given.drain);
  const batch = (await given.deps.store.readBatch(given.batch.id)) ?? given.batch;
  const options = { ...given, batch };
  const api = await batchApiOf(planOf(options.batch).agent, options.deps);
  if (typeof api !== 'string') return runProviderJobs(options, { api, realtime });
  const { length } = await unsettledProviderJobs(options);
  const text = `${length} provider jobs of this batch are still open, and the batch API is not available: ${api}. Fix the cause, then resume.`;
  return { kind: 'pause', reason: 'fatal', error: new AppError('model_unavailable', text) };
}
