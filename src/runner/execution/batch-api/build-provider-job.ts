import { AppError, toAppError } from '../../../base/errors.ts';
import { counted } from '../../../base/figures.ts';
import { dayCapReached } from '../../../storage/spending.ts';
import { budgetReached } from '../../rows/budget.ts';
import { commitBeforeSend } from '../../rows/commit-before-send.ts';
import { isOutcomeUnknown } from '../../rows/retry-policy.ts';
import { type Filling, fillProviderJob } from './fill-provider-job.ts';
import { deadlineOf } from './job-deadline.ts';
import { isStopping, type ProviderJobRun, readNow, STOPPED } from './provider-job-run.ts';
import { releaseProviderJob } from './release-provider-job.ts';
import { nextJobSize, TAIL } from './share-rows.ts';
import { updateProviderJob } from './update-provider-job.ts';

/** The result of building one job. */
export type Built =
  /** The job exists. */
  | { kind: 'open' }
  /** The job may exist: its creation was requested, and no answer came. */
  | { kind: 'unknown'; error: AppError }
  /** No queued row waits for a model call. */
  | { kind: 'empty' }
  /** `requests` queued rows are too few or not fit for a job. Only the first `rows` are (without it, all). */
  | { kind: 'few'; rows?: number; requests: number; why: string }
  /** The cap has no room for one more call. */
  | { kind: 'budget'; error: AppError }
  | { kind: 'stopped' }
  /** The job certainly does not exist. */
  | { kind: 'fault'; error: AppError };

/** Thrown when a job is given up before its creation because of too few requests. Detected by identity. */
const TOO_FEW = new AppError('aborted', 'The job was given up: too few requests.');

/**
 * Fills a job with the next model calls of queued rows and creates it. The store knows each step before it can happen:
 * the job's rows before they are sent, its creation before it is requested.
 */
export async function buildProviderJob(run: ProviderJobRun): Promise<Built> {
  const { options, api } = run;
  const { fence, deps, hard } = options;
  const id = deps.newId('job');
  const { room, reached, queued } = await roomLeft(run);
  // A wave that fits one job ends when the queue is empty, not when the job is full.
  const most = queued > run.limits.requests ? nextJobSize(queued, run.limits) : run.limits.requests;
  const filling = fillProviderJob(run, id, { room, most: most });
  let isAsked = false;
  let isCreated = false;
  try {
    const first = await filling.next();
    if (first === undefined) return withoutJob(filling, reached);
    const { jobId } = await api.submit({
      submissionId: id,
      model: filling.now().model,
      requests: linesOf({ id, filling, first }, run),
      async beforeCreate() {
        if (isStopping(run)) throw STOPPED;
        const { requests, bytes } = filling.now();
        const submittedAt = deps.clock.now();
        const deadlineAt = await deadlineOf(run, submittedAt);
        const change = { state: 'creating' as const, stage: null, requests, bytes, submittedAt, deadlineAt };
        await commitBeforeSend(() => updateProviderJob(id, change, { deps, fence }), { ...deps, fence });
        isAsked = true;
      },
      signal: hard,
    });
    isCreated = true;
    await updateProviderJob(id, { state: 'open', providerJobId: jobId }, options);
    const { requests, again } = filling.now();
    run.repeats = again * 2 > requests ? run.repeats + 1 : 0;
    deps.log.info({ batchId: fence.batchId, job: id, providerJob: jobId }, 'batch job created');
    return { kind: 'open' };
  } catch (thrown) {
    // A job that exists is found again, whatever fault its record met.
    if (isCreated) throw thrown;
    return notCreated(run, { id, isAsked, filling, reached }, toAppError(thrown));
  }
}

async function* linesOf(
  { id, filling, first }: { id: string; filling: Filling; first: string[] },
  run: ProviderJobRun,
): AsyncGenerator<string> {
  yield* first;
  for (let more = await filling.next(); more !== undefined; more = await filling.next()) yield* more;
  const { requests, bytes, fresh, end } = filling.now();
  if (end === 'stopped') throw STOPPED;
  const mayFallBack = run.asked.fallback !== false;
  const isTail = mayFallBack && run.hasHarvested && fresh === 0 && requests < TAIL && end === 'empty';
  if (isTail || requests < run.limits.fewest) throw TOO_FEW;
  await updateProviderJob(id, { stage: 'uploading', requests, bytes }, run.options);
}

function withoutJob(filling: Filling, reached: () => AppError): Built {
  const { end } = filling.now();
  if (end === 'stopped') return { kind: 'stopped' };
  if (end === 'unfit' || end === 'full')
    return { kind: 'few', rows: 1, requests: 1, why: 'One request is larger than a provider job may be' };
  if (end !== 'budget') return { kind: 'empty' };
  return { kind: 'budget', error: reached() };
}

function tooFew(requests: number, { limits }: ProviderJobRun): Built {
  const why =
    requests < limits.fewest
      ? `${counted(requests, 'row')} left for a job are fewer than the ${limits.fewest} requests that it needs`
      : `Provider jobs left ${counted(requests, 'row')} without a final answer, too few for a job of their own`;
  return { kind: 'few', requests, why };
}

async function notCreated(
  run: ProviderJobRun,
  { id, isAsked, filling, reached }: { id: string; isAsked: boolean; filling: Filling; reached: () => AppError },
  error: AppError,
): Promise<Built> {
  const { options } = run;
  const { fence, deps } = options;
  if (error.code === 'lease_lost' || error.code === 'store_unavailable') throw error;
  if (isAsked && isOutcomeUnknown(error)) {
    deps.log.warn({ batchId: fence.batchId, job: id, code: error.code }, 'it is not known whether a job was created');
    return { kind: 'unknown', error };
  }
  if (filling.now().model !== '') {
    const { code, message } = error;
    if (error !== STOPPED && error !== TOO_FEW)
      await deps.store.updateProviderJob(fence, id, { error: { code, message } });
    await releaseProviderJob(id, { kind: 'refused', state: 'dropped' }, options);
  }
  if (error === TOO_FEW && filling.now().end === 'budget') return withoutJob(filling, reached);
  if (error.code === 'budget_reached') return { kind: 'budget', error };
  if (error === TOO_FEW) return tooFew(filling.now().requests, run);
  if (error === STOPPED || options.hard.aborted) return { kind: 'stopped' };
  if (error.code === 'internal') throw error;
  return { kind: 'fault', error };
}

/** The room that the caps leave for calls at their worst price. */
interface Room {
  /** Micro-dollars; undefined without a cap. */
  room: number | undefined;
  /** The fault when the room is too small for one call. */
  reached: () => AppError;
  /** The rows that wait. */
  queued: number;
}

/** The smaller of what the cap of the batch and the cap of the day leave. */
async function roomLeft(run: ProviderJobRun): Promise<Room> {
  const { tuning, deps } = run.options;
  const { costMicroUsd, openWorstMicroUsd, queued } = (await readNow(run)).totals;
  const spent = costMicroUsd + openWorstMicroUsd;
  const cap = Math.round((tuning.now().max_cost_usd ?? Number.POSITIVE_INFINITY) * 1e6);
  const day = await deps.store.readDaySpending(deps.clock.now(), run.options.batch.budgetKey);
  const ofDay = day === null ? Number.POSITIVE_INFINITY : day.capMicroUsd - day.costMicroUsd - day.openMicroUsd;
  const room = Math.min(cap - spent, ofDay);
  if (day !== null && ofDay < cap - spent) return { room, reached: () => dayCapReached(day), queued };
  return {
    room: Number.isFinite(room) ? room : undefined,
    reached: () => budgetReached(cap, spent, Math.max(0, cap - spent)),
    queued,
  };
}
