import { createBatchPriceTable } from '../../../providers/prices/batch-prices.ts';
import type { Estimate } from '../../contract/estimate.ts';
import type { BatchOptions } from '../../contract/options.ts';
import { type EstimateBasis, estimateBatch } from '../../intake/estimate.ts';
import type { ExecutionDeps } from '../execution-deps.ts';
import { batchApiOf } from './batch-api-of.ts';

/** Hours after which providers end a job. */
const JOB_HOURS = 24;

/** Estimates a batch through the batch API; null where its model has none. */
export async function estimateProviderJobs(
  basis: EstimateBasis,
  { batch_deadline_hours: deadline }: BatchOptions,
  deps: ExecutionDeps,
): Promise<Estimate | null> {
  if (typeof (await batchApiOf(basis.agent, deps)) === 'string') return null;
  const estimate = estimateBatch(basis, createBatchPriceTable(deps.prices));
  const hours = Math.min(JOB_HOURS, deadline ?? JOB_HOURS);
  const waves = basis.agent.tools.length > 0 ? ', once for each turn' : '';
  return {
    ...estimate,
    duration_seconds: hours * 3600,
    basis: `${estimate.basis} Through the batch API, which takes ${hours} hours at most${waves} and often far less.`,
  };
}
