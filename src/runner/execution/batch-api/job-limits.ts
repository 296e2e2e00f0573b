import type { BatchApi } from '../../../providers/provider-jobs/batch-api.ts';
import { type BatchOptions, OPTION_DEFAULTS } from '../../contract/request/options.ts';

/** The used share of a provider's limits for one job. */
const SHARE_OF_LIMIT = 0.9;

/** The limits of the jobs of a batch. */
export interface ProviderJobLimits {
  requests: number;
  bytes: number;
  /** Maximum number of jobs at the same time. */
  jobs: number;
  /** Minimum number of requests: the provider does not accept a job with fewer. */
  fewest: number;
}

/** The limits of the jobs of a batch with these options. */
export function jobLimitsOf({ limits }: Pick<BatchApi, 'limits'>, asked: BatchOptions): ProviderJobLimits {
  const usual = Math.floor(limits.maxRequests * SHARE_OF_LIMIT);
  return {
    requests: Math.min(asked.batch_job_requests ?? usual, limits.maxRequests),
    bytes: Math.floor(limits.maxBytes * SHARE_OF_LIMIT),
    jobs: asked.batch_jobs ?? OPTION_DEFAULTS.batch_jobs,
    fewest: limits.minRequests ?? 1,
  };
}
