import { AppError } from '../../../base/errors.ts';
import type { ProviderJobRecord } from '../../../storage/provider-jobs.ts';
import { DEFAULT_POLL_MS, type ProviderJobRun } from './provider-job-run.ts';
import { releaseProviderJob } from './release-provider-job.ts';
import { updateProviderJob } from './update-provider-job.ts';

/** How often in a row a job must be absent before it counts as never created: lists may lag behind. */
const LOOKS = 2;
/**
 * How long after its creation request a job must be absent, in first polls (5 minutes): a large body may still be
 * uploading.
 */
const POLLS = 30;
/**
 * How long after its creation request a job is looked for, in milliseconds: other jobs that may be it have ended by
 * then.
 */
const LOOK_FOR_MS = 26 * 3_600_000;

/** The result of looking for a job. `unsure`: look again, and send nothing again. `held`: a person has to decide. */
export type Looked = 'found' | 'never-existed' | 'unsure' | 'held';

/** Looks for a job whose creation request was never answered. Its rows wait until it is found or known not to exist. */
export async function lookForProviderJob(run: ProviderJobRun, job: ProviderJobRecord): Promise<Looked> {
  const { options, api, looks } = run;
  const { store, clock, log, batchPollMs = DEFAULT_POLL_MS } = options.deps;
  const from = job.submittedAt ?? job.createdAt;
  const otherJobs = new Set(await store.readProviderJobIds(api.name));
  const found = await api.find(job.id, { from, to: clock.now(), otherJobs, signal: options.hard });
  if (found === 'ambiguous') return clock.now() - from > LOOK_FOR_MS ? 'held' : 'unsure';
  const fields = { batchId: options.fence.batchId, job: job.id };
  if (found !== undefined) {
    looks.delete(job.id);
    await updateProviderJob(job.id, { state: 'open', providerJobId: found.jobId, error: null }, options);
    log.info({ ...fields, providerJob: found.jobId }, 'batch job found again');
    return 'found';
  }
  const times = (looks.get(job.id) ?? 0) + 1;
  looks.set(job.id, times);
  if (times < LOOKS || clock.now() - from < POLLS * batchPollMs) return 'unsure';
  looks.delete(job.id);
  await releaseProviderJob(job.id, { kind: 'refused', state: 'dropped' }, options);
  log.info(fields, 'batch job was never created');
  return 'never-existed';
}

/** The fault shown to the operator for jobs that can't be distinguished from others, with the two choices. */
export function heldFault(jobs: readonly ProviderJobRecord[], batchId: string): AppError {
  const requests = jobs.reduce((sum, job) => sum + job.requests, 0);
  return new AppError(
    'model_unavailable',
    `It is not known whether ${jobs.length === 1 ? 'a job' : `${jobs.length} jobs`} of ${requests} requests ` +
      `(${jobs.map(({ id }) => id).join(', ')}) exists at the provider; its requests are held and not sent again. Either look ` +
      `again later with "rowmill batches resume ${batchId}", or give it up with "rowmill batches resume ${batchId} ` +
      '--resend-lost": its requests are sent again, and may be paid for twice.',
  );
}
