import { AppError, toAppError } from '../../../base/errors.ts';
import { planOf } from '../../output/results.ts';
import type { ProcessOptions } from '../executor.ts';
import { batchApiOf } from './batch-api-of.ts';
import { cancelProviderJobs, unsettledProviderJobs } from './open-provider-jobs.ts';
import { createPace } from './pace.ts';
import { pollProviderJobs } from './poll-provider-jobs.ts';
import { DEFAULT_POLL_MS, openProviderJobRun, type ProviderJobRun } from './provider-job-run.ts';
import { releaseProviderJob } from './release-provider-job.ts';

/** How often the provider is asked whether a cancelled job has ended, before the job is left. */
const POLLS = 6;
const CHUNK = 500;

/**
 * Ends the jobs of a batch that ends before them: the jobs are cancelled, and their results until then are collected,
 * because they are paid for. The requests of a job that does not end in time stay open in the bill.
 */
export async function endProviderJobs(options: ProcessOptions): Promise<void> {
  const { deps, fence, hard } = options;
  if ((await unsettledProviderJobs(options)).length === 0) return;
  const api = await batchApiOf(planOf(options.batch).agent, deps);
  if (typeof api === 'string') {
    await leaveProviderJobs(options);
    return;
  }
  const run = await openProviderJobRun(options, api, { holdsTools: true });
  try {
    const pace = createPace(deps.batchPollMs ?? DEFAULT_POLL_MS, deps.random);
    for (let poll = 0; poll < POLLS && !hard.aborted; poll += 1) {
      const jobs = await unsettledProviderJobs(options);
      if (jobs.length === 0) break;
      await cancelProviderJobs(run, jobs);
      if (poll > 0) await deps.clock.sleep(pace.next(), hard);
      await pollProviderJobs(run, jobs).catch((thrown: unknown) => tellUnread(thrown, options));
    }
    // The process that ends this batch later may still collect the open jobs.
    if (hard.aborted) throw new AppError('aborted', 'The jobs of the batch were not ended.');
    await leaveProviderJobs({ deps, fence });
    await finishAnswered(run);
  } finally {
    run.attempts.close();
  }
}

/** Logs a job that can't be read: it must not keep the batch from ending. */
function tellUnread(thrown: unknown, { deps, fence }: ProcessOptions): void {
  const error = toAppError(thrown);
  if (['lease_lost', 'store_unavailable', 'aborted'].includes(error.code)) throw error;
  deps.log.warn({ batchId: fence.batchId, code: error.code, reason: error.message }, 'a batch job is left');
}

async function leaveProviderJobs(options: Pick<ProcessOptions, 'deps' | 'fence'>): Promise<void> {
  for (const job of await unsettledProviderJobs(options)) {
    const wasSent = job.state !== 'building';
    await releaseProviderJob(
      job.id,
      wasSent ? { kind: 'lost', state: 'left' } : { kind: 'refused', state: 'dropped' },
      options,
    );
  }
}

/** Ends rows whose runs can end with the existing answers, without running tools; queues the others again. */
async function finishAnswered({ options: { deps, fence, hard }, attempts }: ProviderJobRun): Promise<void> {
  const { store, clock } = deps;
  while (!hard.aborted) {
    const rows = await store.claimRows(fence, { limit: CHUNK, at: clock.now(), begun: true });
    if (rows.length === 0) break;
    // A row that waits for a call stays claimed until all rows are checked, so that none is checked twice.
    await Promise.all(rows.map((row) => attempts.attempt(row)));
  }
  await store.returnRunningRows(fence);
  if (hard.aborted) throw new AppError('aborted', 'The rows of the batch were not ended.');
}
