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
/** How many jobs in a row may be made mostly of requests that were in jobs before. */
const REPEATS = 4;
const HOUR_MS = 3_600_000;

/**
 * Runs rows through provider jobs, in waves: the next model call of every unfinished row is one request of a job; its answer
 * goes into the journal and its row back to the queue, where the run is replayed up to the next call. Jobs outlive the
 * process: whoever drives the batch next finds them in the store.
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

/** What the waves of one batch go on with. */
interface Waves {
  run: ProviderJobRun;
  pace: Pace;
  realtime: Executor;
}

/** What a process that is gone left half done: a job that was being filled was never sent. */
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

/** Whether a job can be read; one that is over is taken in by that. */
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

/** One round: send what is queued, then wait, then take in what is over. Gives the end when there is one. */
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
  // While other jobs go well, one that came to nothing may go again.
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
  // Requests are looked at late in a job: one goes in real time first, and finds out what the model takes. Where another
  // model or name may serve, that is known to the process that found it out alone.
  const { modelCalls, cachedCalls } = batch.totals;
  const mustAsk = run.provider.route !== undefined && !run.hasAsked;
  run.hasAsked = true;
  if (mustAsk || modelCalls + cachedCalls === 0) return inRealTime(run, realtime, 1);
  await keepPlainTools(run);
  if (run.repeats >= REPEATS) {
    await giveUp(
      run,
      'Jobs of the batch API left the same requests without an answer again and again: the rest runs in real time.',
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
        // Nothing more is sent before it is looked for.
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
        // So many jobs at once, or so many requests: those that end make room.
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

/** What is queued goes at once, as every batch without jobs does. */
async function inRealTime(run: ProviderJobRun, realtime: Executor, rows?: number): Promise<ProcessEnd | undefined> {
  const batch = await readNow(run);
  // Few rows are seen by the watch over the jobs, so that the first ones which all fail alike pause the batch.
  const few = rows === undefined ? {} : { rows, watch: run.watch };
  const end = await realtime.run({ ...run.options, batch, ...few });
  if (end.kind !== 'done') return end;
  if (rows === undefined) run.watch = createBatchWatch({ batch: await readNow(run) });
  return undefined;
}

/** What real time found out about tools must outlive this process. */
async function keepPlainTools(run: ProviderJobRun): Promise<void> {
  const { agent } = run.options;
  const request = { model: '', system: '', messages: [], tools: agent.toolSpecs, maxTokens: 1 };
  if (run.isPlain || run.provider.sendsStrict?.(request) !== false) return;
  run.isPlain = true;
  await change(run, { plain_tools: true });
}

/** A fault that may pass is waited out a few times; any other gives the batch API up, or pauses where that is not wanted. */
async function countFault(run: ProviderJobRun, error: AppError): Promise<ProcessEnd | undefined> {
  if (settingsOf(await readNow(run)).real_time !== undefined) return undefined;
  run.faults += 1;
  if (error.retryable && run.faults < FAULTS) return undefined;
  if (run.asked.fallback === false) return { kind: 'pause', reason: 'fatal', error };
  await giveUp(run, `The batch API failed, and the rest runs in real time at its full price. ${error.message}`);
  return undefined;
}

async function giveUp(run: ProviderJobRun, reason: string): Promise<void> {
  run.options.deps.log.warn({ batchId: run.options.fence.batchId, reason }, 'batch goes on in real time');
  await change(run, { real_time: reason });
}

/** Counted from the batch's first job. What is open then is cancelled, round by round: asking again does no harm. */
async function isOverDeadline(run: ProviderJobRun): Promise<boolean> {
  const { batch_deadline_hours: hours } = run.asked;
  if (hours === undefined) return false;
  const jobs = await run.options.deps.store.readProviderJobs(run.options.fence.batchId);
  const began = Math.min(...jobs.map(({ submittedAt, createdAt }) => submittedAt ?? createdAt));
  if (run.options.deps.clock.now() - began < hours * HOUR_MS) return false;
  if (settingsOf(await readNow(run)).real_time !== undefined) return true;
  await giveUp(
    run,
    `The deadline of ${hours} hours passed: what had no answer by then was cancelled and runs in real time.`,
  );
  return true;
}
