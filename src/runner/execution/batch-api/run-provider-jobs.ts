import { AppError, toAppError, unreachable } from '../../../base/errors.ts';
import type { BatchApi } from '../../../providers/provider-jobs/batch-api.ts';
import type { BatchRecord } from '../../../storage/batches.ts';
import type { ProviderJobRecord } from '../../../storage/provider-jobs.ts';
import { settingsOf } from '../../lifecycle/settings.ts';
import { createBatchWatch } from '../batch-watch.ts';
import type { Executor, ProcessOptions } from '../executor.ts';
import { fullPriceRefused } from '../full-price-refused.ts';
import type { ProcessEnd } from '../process-end.ts';
import { fullPriceText, tellFullPrice } from '../tell-full-price.ts';
import { type Built, buildProviderJob } from './build-provider-job.ts';
import { isPassing } from './harvest-provider-job.ts';
import { batchDeadline } from './job-deadline.ts';
import { heldFault } from './look-for-provider-job.ts';
import { cancelProviderJobs, unsettledProviderJobs } from './open-provider-jobs.ts';
import { createPace, type Pace } from './pace.ts';
import { keepPlainTools } from './plain-tools.ts';
import { pollProviderJob, pollProviderJobs } from './poll-provider-jobs.ts';
import { DEFAULT_POLL_MS, isStopping, openProviderJobRun, type ProviderJobRun, readNow } from './provider-job-run.ts';
import { releaseProviderJob } from './release-provider-job.ts';
import { shareRows } from './share-rows.ts';

/** How often the batch API may fail in a row before it is given up. */
const FAULTS = 3;
/** How many jobs in a row may consist mostly of requests that were in earlier jobs. */
const REPEATS = 4;

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
  const { resend_lost, deadline_passed } = settingsOf(await readNow(run));
  // A person has resumed the batch since.
  if (deadline_passed === true) await change(run, { deadline_passed: null, deadline_from: options.deps.clock.now() });
  const isGivenUp = resend_lost === true;
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
  if (batch.totals.queued > 0 && settingsOf(batch).deadline_passed !== true) {
    const end = await sendQueued({ run, pace, realtime }, batch);
    if (end !== undefined) return end;
  }
  const jobs = await unsettledProviderJobs(run.options);
  if (jobs.length === 0) return afterJobs(run);
  const isOver = await isOverDeadline(run);
  if (isOver) await cancelProviderJobs(run, jobs);
  await wait(pace.next(), run);
  if (isStopping(run)) return undefined;
  const { hasNews, fault, held, account } = await pollProviderJobs(run, jobs);
  if (hasNews) pace.restart();
  if (account !== undefined) return { kind: 'pause', reason: 'fatal', error: account };
  if (held.length > 0 && held.length === jobs.length) {
    return { kind: 'pause', reason: 'fatal', error: heldFault(held, run.options.fence.batchId) };
  }
  // While there are other jobs, the requests of a job that failed in a retryable way may be sent again.
  if (fault === undefined || (fault.retryable && jobs.length > 1)) return undefined;
  return countFault(run, fault);
}

/** No job is open: the batch is done, or rows are queued that can still be sent. */
async function afterJobs(run: ProviderJobRun): Promise<ProcessEnd | undefined> {
  const batch = await readNow(run);
  if (batch.totals.queued === 0) return { kind: 'done' };
  if (settingsOf(batch).deadline_passed !== true) return undefined;
  const why = `the deadline of ${run.asked.batch_deadline_hours} hours passed, and a resume gives new jobs the same time again`;
  return { kind: 'pause', reason: 'fatal', error: fullPriceRefused(batch.id, { why }) };
}

async function wait(ms: number, { options: { deps, drain } }: ProviderJobRun): Promise<void> {
  await deps.clock.sleep(ms, drain).catch((thrown: unknown) => {
    if (toAppError(thrown).code !== 'aborted') throw thrown;
  });
}

async function sendQueued({ run, pace, realtime }: Waves, batch: BatchRecord): Promise<ProcessEnd | undefined> {
  const mayFallBack = run.asked.fallback !== false;
  if (mayFallBack && settingsOf(batch).real_time !== undefined) return inRealTime(run, realtime);
  const { ahead } = shareRows(batch.totals.queued, { ...run.limits, asksFirst: mayFallBack && mustAsk(run, batch) });
  run.hasAsked = true;
  if (ahead > 0) return inRealTime(run, realtime, ahead);
  await keepPlainTools(run);
  if (run.repeats >= REPEATS) {
    const why = 'Jobs of the batch API repeatedly left the same requests without an answer.';
    return (await giveUp(run, why)) ?? inRealTime(run, realtime);
  }
  // The rows that the last build found too few are all that is queued.
  if (batch.totals.queued <= run.tooFew && (await unsettledProviderJobs(run.options)).length > 0) return undefined;
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
        return few(run, realtime, built);
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

/**
 * Whether a row has to run in real time first. If the provider routes requests to other models or names, only the process
 * that found out a route knows it.
 */
function mustAsk(run: ProviderJobRun, { totals }: BatchRecord): boolean {
  return (run.provider.route !== undefined && !run.hasAsked) || totals.modelCalls + totals.cachedCalls === 0;
}

/** Runs rows that no job takes in real time. Without fallback they wait for other jobs' rows, or pause the batch. */
async function few(
  run: ProviderJobRun,
  realtime: Executor,
  { rows, requests, why }: Extract<Built, { kind: 'few' }>,
): Promise<ProcessEnd | undefined> {
  const { options } = run;
  const batch = await readNow(run);
  if (run.asked.fallback !== false) {
    await tellFullPrice(batch, { rows: requests, why: `${why}.` }, options);
    return inRealTime(run, realtime, rows);
  }
  run.tooFew = requests;
  if ((await unsettledProviderJobs(options)).length > 0) return undefined;
  const reason = `${why} (${await fullPriceText(batch, requests, options.deps)})`;
  return { kind: 'pause', reason: 'fatal', error: fullPriceRefused(batch.id, { why: reason }) };
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

/** Tolerates a retryable fault a few times. Any other fault gives up the batch API, or pauses if fallback is off. */
async function countFault(run: ProviderJobRun, error: AppError): Promise<ProcessEnd | undefined> {
  if (run.asked.fallback !== false && settingsOf(await readNow(run)).real_time !== undefined) return undefined;
  run.faults += 1;
  if (error.retryable && run.faults < FAULTS) return undefined;
  return giveUp(run, `The batch API failed: ${error.message}`, error);
}

/** Gives up the batch API: the rest runs in real time, or the batch pauses if fallback is off. */
async function giveUp(run: ProviderJobRun, why: string, error?: AppError): Promise<ProcessEnd | undefined> {
  const { deps, fence } = run.options;
  const batch = await readNow(run);
  if (run.asked.fallback === false) {
    const refused = fullPriceRefused(batch.id, { why: (error?.message ?? why).replace(/\.$/, '') });
    return { kind: 'pause', reason: 'fatal', error: new AppError(error?.code ?? refused.code, refused.message) };
  }
  const reason = `${why} The rest runs in real time: ${await fullPriceText(batch, restOf(batch), deps)}.`;
  deps.log.warn({ batchId: fence.batchId, reason }, 'batch continues in real time');
  await change(run, { real_time: reason });
  deps.events.emit('batch-tune', { batchId: batch.id, at: deps.clock.now() });
  return undefined;
}

function restOf({ totals }: BatchRecord): number {
  return totals.queued + totals.running;
}

/**
 * Whether the deadline, counted from the batch's first job, has passed. Each round then cancels the open jobs;
 * cancelling again changes nothing.
 */
async function isOverDeadline(run: ProviderJobRun): Promise<boolean> {
  const { batch_deadline_hours: hours } = run.asked;
  const now = run.options.deps.clock.now();
  const deadline = await batchDeadline(run, now);
  if (deadline === undefined || now < deadline) return false;
  const { real_time, deadline_passed } = settingsOf(await readNow(run));
  if (run.asked.fallback === false) {
    if (deadline_passed !== true) await change(run, { deadline_passed: true });
  } else if (real_time === undefined) {
    await giveUp(run, `The deadline of ${hours} hours passed: requests without an answer by then were cancelled.`);
  }
  return true;
}
