import { toAppError } from '../../../base/errors.ts';
import type { ProviderJobRecord } from '../../../storage/provider-jobs.ts';
import type { ProcessOptions } from '../executor.ts';
import type { ProviderJobRun } from './provider-job-run.ts';

/** The jobs of a batch that may still have results. */
export async function unsettledProviderJobs({
  deps,
  fence,
}: Pick<ProcessOptions, 'deps' | 'fence'>): Promise<ProviderJobRecord[]> {
  const jobs = await deps.store.readProviderJobs(fence.batchId);
  return jobs.filter(({ state }) => state === 'building' || state === 'creating' || state === 'open');
}

/** Asks the provider to stop jobs. Their results until then are collected when they have ended. */
export async function cancelProviderJobs(
  { api, options }: ProviderJobRun,
  jobs: readonly ProviderJobRecord[],
): Promise<void> {
  for (const { id, providerJobId } of jobs) {
    if (providerJobId === null) continue;
    await api.cancel(providerJobId, options.hard).catch((thrown: unknown) => {
      const { code, message } = toAppError(thrown);
      options.deps.log.warn({ job: id, code, reason: message }, 'batch job was not cancelled');
    });
  }
}
