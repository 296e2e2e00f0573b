import { isDeepStrictEqual } from 'node:util';
import { AppError, toAppError } from '../../../base/errors.ts';
import type { ProviderJobRecord } from '../../../storage/provider-jobs.ts';
import { harvestProviderJob, isPassing } from './harvest-provider-job.ts';
import { lookForProviderJob } from './look-for-provider-job.ts';
import { retryPlainTools } from './plain-tools.ts';
import type { ProviderJobRun } from './provider-job-run.ts';
import { updateProviderJob } from './update-provider-job.ts';

/** The result of polling jobs. */
export interface Polled {
  /** Whether a job was collected, found, or is known not to exist: rows may be queued again. */
  hasNews: boolean;
  /** A fault of the batch API, or of a job without any answer. */
  fault?: AppError;
  /** A fault of the account: the batch pauses, and rows keep their place. */
  account?: AppError;
  /** Jobs that need a person's decision. */
  held: ProviderJobRecord[];
}

/** How often in a row reading a job may fail permanently before the fault is final. */
const UNREADABLE = 5;

/** Polls every job that may still have results, and collects the results of ended ones. */
export async function pollProviderJobs(run: ProviderJobRun, jobs: readonly ProviderJobRecord[]): Promise<Polled> {
  const polled: Polled = { hasNews: false, held: [] };
  for (const job of jobs) {
    if (run.options.hard.aborted) break;
    try {
      await pollProviderJob(run, job, polled);
    } catch (thrown) {
      const error = toAppError(thrown);
      if (error.code === 'lease_lost' || error.code === 'store_unavailable') throw error;
      run.options.deps.log.warn({ job: job.id, code: error.code, reason: error.message }, 'batch job was not read');
      if (isPassing(error) || error.code === 'aborted') continue;
      const times = (run.unread.get(job.id) ?? 0) + 1;
      run.unread.set(job.id, times);
      if (times >= UNREADABLE) throw unreadable(job, { error, batchId: run.options.fence.batchId });
    }
  }
  return polled;
}

/** Polls one job, and collects its results when it has ended. */
export async function pollProviderJob(run: ProviderJobRun, job: ProviderJobRecord, polled: Polled): Promise<void> {
  if (job.state === 'creating') {
    const looked = await lookForProviderJob(run, job);
    if (looked === 'held') polled.held.push(job);
    if (looked === 'never-existed') {
      polled.fault ??= new AppError('model_server_error', 'The batch API did not create a job.', { retryable: true });
    }
    if (looked === 'found' || looked === 'never-existed') polled.hasNews = true;
    return;
  }
  const status = await run.api.status(job.providerJobId ?? '', run.options.hard);
  const isNews = status.counts !== undefined && !isDeepStrictEqual(status.counts, job.reported);
  const isOver = status.state !== 'queued' && status.state !== 'running';
  const progress = {
    ...(isNews && status.counts !== undefined ? { reported: status.counts } : {}),
    ...(isOver ? { stage: 'reading' as const } : {}),
  };
  if (isNews || isOver) await updateProviderJob(job.id, progress, run.options);
  if (!isOver) return;
  const harvest = await harvestProviderJob(run, job, status);
  run.unread.delete(job.id);
  polled.hasNews = true;
  if (harvest.account !== undefined) polled.account ??= harvest.account;
  if (harvest.kind === 'answered') {
    run.faults = 0;
    run.hasHarvested = true;
  } else if (!(await retryPlainTools(run, job, harvest.reason))) {
    polled.fault ??= harvest.error;
  }
}

function unreadable(job: ProviderJobRecord, { error: cause, batchId }: { error: AppError; batchId: string }): AppError {
  // Sending again pays twice, so it is named only where the provider says that there is nothing to read.
  const isGone = cause.code === 'model_unknown' || cause.code === 'model_response_invalid';
  const again = isGone
    ? ` If the job no longer exists, "rowmill batches resume ${batchId} --resend-lost" sends its requests again: they may be paid for twice.`
    : '';
  if (job.providerJobId === null) {
    const text =
      `It is not known whether the job ${job.id} of ${job.requests} requests was created, and it can't be looked for: ` +
      `${cause.message} Resume to look again, or "rowmill batches resume ${batchId} --resend-lost" sends its requests ` +
      'again: they may be paid for twice.';
    return new AppError(cause.code, text, { cause });
  }
  return new AppError(
    cause.code,
    `The job ${job.providerJobId} of ${job.requests} requests can't be read: ${cause.message} The provider keeps its ` +
      `answers; resume once the job can be read.${again}`,
    { cause },
  );
}
