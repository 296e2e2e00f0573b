import { type AppError, toAppError, unreachable } from '../../../base/errors.ts';
import type { BatchApi } from '../../../providers/provider-jobs/batch-api.ts';
import type { BatchRecord } from '../../../storage/batches.ts';
import type { ProviderJobRecord } from '../../../storage/provider-jobs.ts';
import { settingsOf } from '../../lifecycle/settings.ts';
import { createBatchWatch } from '../batch-watch.ts';
import type { Executor, ProcessOptions } from '../executor.ts';
import type { ProcessEnd } from '../process-end.ts';
import { buildProviderJob } from './build-provider-job.ts';
import { isPassing } from './harvest-provider-job.ts';
import { heldFault } from './look-for-provider-job.ts';
import { cancelProviderJobs, unsettledProviderJobs } from './open-provider-jobs.ts';
import { createPace, type Pace } from './pace.ts';
import { pollProviderJob, pollProviderJobs } from './poll-provider-jobs.ts';
import { DEFAULT_POLL_MS, isStopping, openProviderJobRun, type ProviderJobRun, readNow } from './provider-job-run.ts';
import { releaseProviderJob } from './release-provider-job.ts';

/** How often the batch API may fail in a row before it is given up. */
const FAULTS = 3;
/** How many jobs in a row may consist mostly of requests that were in earlier jobs. */
const REPEATS = 4;
const HOUR_MS = 3_600_000;

/**
 * Runs rows through provider jobs, in waves. The next model call of every unfinished row is one request of a job. Its
 * answer goes into the journal and its row back to the queue, from where the run is replayed up to the next call. Jobs
 * outlive the process: the next process that drives the batch finds them in the store.
 */
export async function runProviderJobs(
  options: ProcessOptions,
  { api, realtime }: { api: BatchApi; realtime: Executor },
): Promise<ProcessEnd> {
  const run = await openProviderJobRun(options, api);
  const pace = createPace(options.deps.batchPollMs ?? DEFAULT_POLL_MS, options.deps.random);
  try {
    await settleFormer(run);
    while (true) {
      const end = await advance({ run, pace, realtime });
      if (end !== undefined) return end;
    }
  } catch (thrown) {
    const error = toAppError(thrown);
    if (error.code === 'lease_lost' || error.code === 'store_unavailable') return { kind: 'fault', error };
    if (error.code === 'aborted') return { kind: 'stopped' };
    return { kind: 'pause', reason: 'fatal', error };
  } finally {
    run.attempts.close();
  }
}

/** The dependencies of the waves of one batch. */
interface Waves {
  run: ProviderJobRun;
  pace: Pace;
  realtime: Executor;
}

/** Settles the unfinished jobs of an earlier process: a job that was being filled was never sent. */
async function settleFormer(run: ProviderJobRun): Promise<void> {
  const { options } = run;
  const isGivenUp = settingsOf(await readNow(run)).resend_lost === true;
  for (const job of await unsettledProviderJobs(run.options)) {
    if (job.state === 'building') await releaseProviderJob(job.id, { kind: 'refused', state: 'dropped' }, options);
    else if (isGivenUp && (job.state === 'creating' || !(await isReadable(run, job)))) {
      await releaseProviderJob(job.id, { kind: 'lost', state: 'left' }, options);
    }
  }
  if (isGivenUp) await change(run, { resend_lost: null });
}

/** Whether a job can be read. Side effect: the results of an ended job are collected. */
async function isReadable(run: ProviderJobRun, job: ProviderJobRecord): Promise<boolean> {
  try {
    await pollProviderJob(run, job, { hasNews: false, held: [] });
    return true;
  } catch (thrown) {
    const error = toAppError(thrown);
    if (['lease_lost', 'store_unavailable', 'aborted'].includes(error.code)) throw error;
    return isPassing(error);
  }
}

async function change({ options: { deps, fence } }: ProviderJobRun, settings: BatchRecord['settings']): Promise<void> {
  await deps.store.updateBatch(fence.batchId, { settings }, { fence });
}

/** One round: sends queued rows, waits, and collects the results of ended jobs. Returns the end when there is one. */
async function advance({ run, pace, realtime }: Waves): Promise<ProcessEnd | undefined> {
  if (isStopping(run)) return run.watch.end() ?? { kind: 'stopped' };
  const batch = await readNow(run);
  if (batch.totals.queued > 0) {
    const end = await sendQueued({ run, pace, realtime }, batch);
    if (end !== undefined) return end;
  }
  const jobs = await unsettledProviderJobs(run.options);
  if (jobs.length === 0) return (await readNow(run)).totals.queued === 0 ? { kind: 'done' } : undefined;
  if (await isOverDeadline(run)) await cancelProviderJobs(run, jobs);
  await wait(pace.next(), run);
  if (isStopping(run)) return undefined;
  const { hasNews, fault, held } = await pollProviderJobs(run, jobs);
  if (hasNews) pace.restart();
  if (held.length > 0 && held.length === jobs.length) {
    return { kind: 'pause', reason: 'fatal', error: heldFault(held, run.options.fence.batchId) };
  }
  // While there are other jobs, the requests of a job that failed in a retryable way may be sent again.
  if (fault === undefined || (fault.retryable && jobs.length > 1)) return undefined;
  return countFault(run, fault);
}

async function wait(ms: number, { options: { deps, drain } }: ProviderJobRun): Promise<void> {
  await deps.clock.sleep(ms, drain).catch((thrown: unknown) => {
    if (toAppError(thrown).code !== 'aborted') throw thrown;
  });
}

async function sendQueued({ run, pace, realtime }: Waves, batch: BatchRecord): Promise<ProcessEnd | undefined> {
  if (settingsOf(batch).real_time !== undefined) return inRealTime(run, realtime);
  // A provider checks the requests of a job late. So one row runs in real time first, to find out what the model
  // accepts. If the provider routes requests to other models or names, only the process that found out a route knows
  // it.
  const { modelCalls, cachedCalls } = batch.totals;
  const mustAsk = run.provider.route !== undefined && !run.hasAsked;
  run.hasAsked = true;
  if (mustAsk || modelCalls + cachedCalls === 0) return inRealTime(run, realtime, 1);
  await keepPlainTools(run);
  if (run.repeats >= REPEATS) {
    await giveUp(
      run,
      'Jobs of the batch API repeatedly left the same requests without an answer: the rest runs in real time.',
    );
    return inRealTime(run, realtime);
  }
  while ((await unsettledProviderJobs(run.options)).length < run.limits.jobs) {
    const built = await buildProviderJob(run);
    switch (built.kind) {
      case 'open':
        pace.restart();
        break;
      case 'unknown':
        // Nothing more is sent before the job is looked for.
        return undefined;
      case 'empty':
        return undefined;
      case 'few':
        return inRealTime(run, realtime, built.rows);
      case 'budget':
        return (await unsettledProviderJobs(run.options)).length > 0
          ? undefined
          : { kind: 'pause', reason: 'budget', error: built.error };
      case 'stopped':
        return run.watch.end() ?? { kind: 'stopped' };
      case 'fault':
        // The limit on concurrent jobs or on enqueued requests is reached: jobs that end make room.
        if (built.error.code === 'model_rate_limited' && (await unsettledProviderJobs(run.options)).length > 0)
          return undefined;
        await wait(pace.next(), run);
        return countFault(run, built.error);
      default:
        return unreachable(built);
    }
  }
  return undefined;
}

/** Runs queued rows in real time, like a batch without jobs. */
async function inRealTime(run: ProviderJobRun, realtime: Executor, rows?: number): Promise<ProcessEnd | undefined> {
  const batch = await readNow(run);
  // A limited number of rows shares the watch of the jobs, so that first rows that all fail alike pause the batch.
  const few = rows === undefined ? {} : { rows, watch: run.watch };
  const end = await realtime.run({ ...run.options, batch, ...few });
  if (end.kind !== 'done') return end;
  if (rows === undefined) run.watch = createBatchWatch({ batch: await readNow(run) }, () => !run.queue.isEmpty);
  return undefined;
}

/** Stores that tools must be plain, found out in real time: it must outlive this process. */
async function keepPlainTools(run: ProviderJobRun): Promise<void> {
  const { agent } = run.options;
  const request = { model: '', system: '', messages: [], tools: agent.toolSpecs, maxTokens: 1 };
  if (run.isPlain || run.provider.sendsStrict?.(request) !== false) return;
  run.isPlain = true;
  await change(run, { plain_tools: true });
}

/** Tolerates a retryable fault a few times. Any other fault gives up the batch API, or pauses if fallback is off. */
async function countFault(run: ProviderJobRun, error: AppError): Promise<ProcessEnd | undefined> {
  if (settingsOf(await readNow(run)).real_time !== undefined) return undefined;
  run.faults += 1;
  if (error.retryable && run.faults < FAULTS) return undefined;
  if (run.asked.fallback === false) return { kind: 'pause', reason: 'fatal', error };
  await giveUp(run, `The batch API failed, and the rest runs in real time at its full price. ${error.message}`);
  return undefined;
}

async function giveUp(run: ProviderJobRun, reason: string): Promise<void> {
  run.options.deps.log.warn({ batchId: run.options.fence.batchId, reason }, 'batch continues in real time');
  await change(run, { real_time: reason });
}

/**
 * Whether the deadline, counted from the batch's first job, has passed. Each round then cancels the open jobs;
 * cancelling again changes nothing.
 */
async function isOverDeadline(run: ProviderJobRun): Promise<boolean> {
  const { batch_deadline_hours: hours } = run.asked;
  if (hours === undefined) return false;
  const jobs = await run.options.deps.store.readProviderJobs(run.options.fence.batchId);
  const began = Math.min(...jobs.map(({ submittedAt, createdAt }) => submittedAt ?? createdAt));
  if (run.options.deps.clock.now() - began < hours * HOUR_MS) return false;
  if (settingsOf(await readNow(run)).real_time !== undefined) return true;
  await giveUp(
    run,
    `The deadline of ${hours} hours passed: requests without an answer by then were cancelled and run in real time.`,
  );
  return true;
}
