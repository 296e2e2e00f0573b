import { setMaxListeners } from 'node:events';
import { AppError, toAppError, unreachable } from '../errors.ts';
import type { JsonObject } from '../messages.ts';
import type { OpenedAgent } from '../run.ts';
import type { BatchChange, BatchRecord, BatchStatus, Fence, PauseReason } from '../storage/store.ts';
import { keepActiveTime, unfoldedMs } from './active-time.ts';
import { aggregateResults } from './aggregate-results.ts';
import { ENDED, nextBatchStatus } from './batch.ts';
import { carryOutUnowned } from './control.ts';
import type { RunnerDeps } from './deps.ts';
import { endJobs } from './executors/batch/end-jobs.ts';
import { unsettledJobs } from './executors/batch/open-jobs.ts';
import type { ProcessEnd } from './executors/executor.ts';
import { truncatedFields, withTruncation } from './input-messages.ts';
import { keepLease } from './lease-keeper.ts';
import { createLiveTuning } from './live-tuning.ts';
import { loadRows } from './load-rows.ts';
import { checkMapping } from './mapping.ts';
import { processRows } from './process-rows.ts';
import { finishRedrive } from './redrive.ts';
import { batchNotFound, planOf, storedPlanOf } from './results.ts';
import { pruneTime } from './retention.ts';
import type { StoredPlan } from './runner.ts';
import { settingsOf, tuningOf } from './settings.ts';

/** How long rows at work may take to finish once a batch drains, in milliseconds. */
const GRACE_MS = 30_000;

export interface DriveOptions {
  /** Drains: no new rows, rows at work finish within the grace time. */
  signal?: AbortSignal;
  /** Stops at once; rows at work go back to the queue. */
  hardSignal?: AbortSignal;
  /** What a drain leaves behind: a paused batch, or a running one that another process may take over. Default `pause`. */
  onDrain?: 'pause' | 'release';
}

/** One process at work on one batch. */
interface Drive {
  deps: RunnerDeps;
  fence: Fence;
  drain: AbortController;
  hard: AbortController;
  /** What the drain is for, once there is one. */
  wanted: { reason: 'user' | 'interrupted' | 'cancel' } | undefined;
  onDrain: 'pause' | 'release';
  /** Rows are at work: only they are cut off when a drain's grace time is over. */
  isAtRows: boolean;
  agent: OpenedAgent | undefined;
  /** Hands what is set on the batch to the rows at work. */
  tune: ((settings: JsonObject) => void) | undefined;
}

/**
 * Takes a batch's lease and carries it from state to state until it ends, pauses or is drained.
 * @throws AppError `batch_owned_elsewhere`, `lease_lost`, `store_unavailable`
 */
export async function driveBatch(batchId: string, options: DriveOptions, deps: RunnerDeps): Promise<BatchRecord> {
  const batch = await driveOnce(batchId, options, deps);
  // What came too late for the heartbeat: its asker found the lease taken, so it is carried out here.
  const done = await carryOutUnowned(batchId, deps);
  return done === undefined ? batch : driveOnce(batchId, options, deps);
}

async function driveOnce(batchId: string, options: DriveOptions, deps: RunnerDeps): Promise<BatchRecord> {
  const lease = await deps.store.acquireLease(batchId, deps.owner);
  if (!lease.acquired) {
    const { pid, host } = lease.owner;
    throw new AppError('batch_owned_elsewhere', `The batch ${batchId} is being run by process ${pid} on ${host}.`);
  }
  const drive: Drive = {
    deps,
    fence: lease.fence,
    drain: new AbortController(),
    hard: new AbortController(),
    wanted: undefined,
    onDrain: options.onDrain ?? 'pause',
    isAtRows: false,
    agent: undefined,
    tune: undefined,
  };
  setMaxListeners(0, drive.drain.signal, drive.hard.signal);
  const timers: NodeJS.Timeout[] = [];
  const stop = (reason: NonNullable<Drive['wanted']>['reason']) => {
    if (drive.wanted !== undefined) return;
    drive.wanted = { reason };
    drive.drain.abort();
    const cutOff = () => {
      if (drive.isAtRows) drive.hard.abort();
    };
    timers.push(setTimeout(cutOff, GRACE_MS));
  };
  const halt = () => {
    stop('interrupted');
    drive.hard.abort();
  };
  const unlisten = [listen(options.signal, () => stop('interrupted')), listen(options.hardSignal, halt)];
  const keeper = keepLease(lease.fence, deps, {
    control: (control) => stop(control === 'cancel' ? 'cancel' : 'user'),
    settings: (settings) => drive.tune?.(settings),
    lost: halt,
  });
  try {
    return await advanceToRest(drive);
  } catch (error) {
    throw keeper.lost() ?? error;
  } finally {
    for (const timer of timers) clearTimeout(timer);
    for (const end of unlisten) end();
    await keeper.stop();
    await leave(drive, keeper.lost() === undefined);
  }
}

/** Closes the tools and gives the lease back; what fails at that can't undo what the drive has come to. */
async function leave({ agent, deps, fence }: Drive, isOwner: boolean): Promise<void> {
  const warn = (step: string) => (thrown: unknown) =>
    deps.log.warn({ batchId: fence.batchId, step, code: toAppError(thrown).code }, 'batch was not left cleanly');
  await agent?.close().catch(warn('close tools'));
  if (isOwner) await deps.store.releaseLease(fence).catch(warn('release lease'));
}

function listen(signal: AbortSignal | undefined, act: () => void): () => void {
  if (signal?.aborted) act();
  else signal?.addEventListener('abort', act, { once: true });
  return () => signal?.removeEventListener('abort', act);
}

async function advanceToRest(drive: Drive): Promise<BatchRecord> {
  const { deps, fence } = drive;
  while (true) {
    const batch = await deps.store.readBatch(fence.batchId);
    if (batch === undefined) throw batchNotFound(fence.batchId);
    if (batch.status === 'paused' || ENDED.includes(batch.status)) return batch;
    const next = await advance(batch, drive);
    if (next === 'rest') return (await deps.store.readBatch(batch.id)) ?? batch;
  }
}

/** Carries a batch one state further; `rest` leaves it as it is for another process. */
async function advance(batch: BatchRecord, drive: Drive): Promise<'on' | 'rest'> {
  switch (batch.status) {
    case 'created':
      return change(batch, drive, {
        status: nextBatchStatus('created', { type: 'begin' }),
        startedAt: drive.deps.clock.now(),
      });
    case 'validating':
    case 'loading':
    case 'aggregating': {
      if (drive.wanted !== undefined && batch.status !== 'aggregating') return settle(batch, drive);
      try {
        return await STEPS[batch.status](batch, drive);
      } catch (thrown) {
        return stepFailed(batch, drive, toAppError(thrown));
      }
    }
    case 'running':
      return run(batch, drive);
    case 'paused':
    case 'completed':
    case 'failed':
    case 'cancelled':
      return 'rest';
    default:
      return unreachable(batch.status);
  }
}

const STEPS = { validating: validate, loading: load, aggregating: aggregate };

async function validate(batch: BatchRecord, drive: Drive): Promise<'on'> {
  const plan = planOf(batch);
  const agent = await openAgent(plan, drive);
  const status = nextBatchStatus('validating', { type: 'valid' });
  const toolSpecs = plan.toolSpecs ?? agent.toolSpecs;
  return change(batch, drive, { status, plan: storable({ ...storedPlanOf(batch), toolSpecs }) });
}

async function load(batch: BatchRecord, drive: Drive): Promise<'on'> {
  const plan = planOf(batch);
  const { deps, fence } = drive;
  const loaded = await loadRows(plan.request.csv_uri, fence, {
    deps: atHome(deps, plan),
    signal: drive.drain.signal,
  });
  if (loaded.rows === 0) throw new AppError('no_rows', `${plan.request.csv_uri} has no rows.`);
  const problems = checkMapping(plan.inputMapping, plan.agent.input, loaded.columns);
  const first = problems[0];
  if (first !== undefined) throw new AppError(first.code, problems.map((problem) => problem.message).join(' '));
  const status = nextBatchStatus('loading', { type: 'loaded' });
  const { columns, types, parts, warnings: loadWarnings } = loaded;
  const known = { ...(types && { columnTypes: types }), ...(parts && { parts }) };
  const next = storable({ ...storedPlanOf(batch), ...known });
  return change(batch, drive, { status, columns, loadWarnings, plan: next });
}

/** The parts as the batch's maker had them: its tables lie in the folders that its maker may touch. */
function atHome(deps: RunnerDeps, { fileRoots }: StoredPlan): RunnerDeps {
  return { ...deps, tables: deps.tables.within(fileRoots) };
}

async function aggregate(batch: BatchRecord, drive: Drive): Promise<'on'> {
  const plan = planOf(batch);
  await endOpenJobs(batch, drive);
  let truncated = 0;
  const output = await aggregateResults(batch, plan.outputUri, {
    deps: atHome(drive.deps, plan),
    spreadsheetSafe: plan.request.options?.spreadsheet_safe ?? false,
    signal: drive.hard.signal,
    // A process that slept must not put its table over the one of whoever took over.
    beforeCommit: async () => void (await drive.deps.store.renewLease(drive.fence)),
    onRow: ({ input }) => {
      if (truncatedFields(plan.agent, input).length > 0) truncated += 1;
    },
  });
  const loadWarnings = withTruncation(batch.loadWarnings, plan.agent, truncated);
  const status = nextBatchStatus('aggregating', { type: 'aggregated', ending: batch.ending ?? 'completed' });
  const endedAt = drive.deps.clock.now();
  const pruneAt = pruneTime(plan.request.options, endedAt);
  return change(batch, drive, { status, output, loadWarnings, endedAt, pruneAt, control: null });
}

/** A batch that ends before its jobs do takes in what they gave until then. */
async function endOpenJobs(batch: BatchRecord, drive: Drive): Promise<void> {
  const { deps, fence, hard } = drive;
  if ((await unsettledJobs(drive)).length === 0) return;
  const agent = await openAgent(planOf(batch), drive);
  const tuning = createLiveTuning(tuningOf(storedPlanOf(batch), settingsOf(batch)));
  await endJobs({ batch, fence, agent, deps, tuning, drain: hard.signal, hard: hard.signal });
}

async function run(batch: BatchRecord, drive: Drive): Promise<'on' | 'rest'> {
  const { deps, fence } = drive;
  if (batch.ending !== null) {
    return change(batch, drive, { status: nextBatchStatus('running', { type: 'rows-done' }) });
  }
  if (drive.wanted !== undefined) return settle(batch, drive);
  await deps.store.returnRunningRows(fence);
  await finishRedrive(batch, fence, deps);
  const time = await keepActiveTime(batch, fence, deps);
  let end: ProcessEnd;
  drive.isAtRows = true;
  try {
    const agent = await openAgent(planOf(batch), drive);
    const tuning = createLiveTuning(tuningOf(storedPlanOf(batch), settingsOf(batch)));
    drive.tune = (settings) => tuning.tell(tuningOf(storedPlanOf(batch), settingsOf({ settings })));
    const signals = { drain: drive.drain.signal, hard: drive.hard.signal };
    end = await processRows({ batch, fence, agent, deps, tuning, ...signals });
  } catch (thrown) {
    const error = toAppError(thrown);
    end = error.code === 'aborted' ? { kind: 'stopped' } : { kind: 'pause', reason: 'fatal', error };
  } finally {
    drive.isAtRows = false;
    drive.tune = undefined;
    await time.stop();
  }
  return afterRows(batch, drive, end);
}

async function afterRows(before: BatchRecord, drive: Drive, end: ProcessEnd): Promise<'on' | 'rest'> {
  const batch = (await drive.deps.store.readBatch(before.id)) ?? before;
  switch (end.kind) {
    case 'done': {
      const isSample = batch.rowLimit !== null && batch.totals.queued > 0;
      if (isSample) return pause(batch, drive, { reason: 'sample', error: null });
      return change(batch, drive, { ...rowsDone(batch, drive), ending: 'completed' });
    }
    case 'stopped':
      return settle(batch, drive);
    case 'fault':
      throw end.error;
    case 'tolerance':
      return change(batch, drive, { ...rowsDone(batch, drive), ending: 'failed', error: stored(end.error) });
    case 'pause': {
      // Each failed attempt stays in its row's trace.
      if (end.alike !== undefined) await drive.deps.store.redriveRows(drive.fence, { codes: [end.alike] });
      return pause(batch, drive, { reason: end.reason, error: stored(end.error) });
    }
    default:
      return unreachable(end);
  }
}

/** Does what the drain was for. */
async function settle(batch: BatchRecord, drive: Drive): Promise<'on' | 'rest'> {
  const wanted = drive.wanted?.reason ?? 'interrupted';
  // The table of a batch whose rows are all at rest is written whatever its ending; there is nothing left to cancel.
  const reason = wanted === 'cancel' && batch.status === 'aggregating' ? 'interrupted' : wanted;
  if (reason === 'cancel') {
    const status = nextBatchStatus(batch.status, { type: 'cancel' });
    const ending = status === 'aggregating' ? { ending: 'cancelled' as const } : { endedAt: drive.deps.clock.now() };
    return change(batch, drive, { ...stretch(batch, drive), status, ...ending, control: null });
  }
  if (reason === 'interrupted' && drive.onDrain === 'release') {
    await drive.deps.store.updateBatch(batch.id, stretch(batch, drive), { fence: drive.fence });
    return 'rest';
  }
  return pause(batch, drive, { reason, error: null });
}

function rowsDone(batch: BatchRecord, drive: Drive): BatchChange {
  return { ...stretch(batch, drive), status: nextBatchStatus('running', { type: 'rows-done' }) };
}

function pause(
  batch: BatchRecord,
  drive: Drive,
  why: { reason: PauseReason; error: BatchRecord['error'] },
): Promise<'on'> {
  const status = nextBatchStatus(batch.status, { type: 'pause', reason: why.reason });
  return change(batch, drive, {
    ...stretch(batch, drive),
    status,
    pauseReason: why.reason,
    error: why.error,
    // `control` stays: a cancellation may just have been asked for. A resume clears it.
  });
}

/** Closes the stretch of `running`, so that rates and ETA count working time only. */
function stretch(batch: BatchRecord, { deps }: Drive): BatchChange {
  if (batch.activeSince === null) return {};
  return { activeMs: batch.activeMs + unfoldedMs(batch, deps.clock.now()), activeSince: null };
}

/** A step before the first row failed: what can't be mended by waiting ends the batch, before any money is spent. */
async function stepFailed(batch: BatchRecord, drive: Drive, error: AppError): Promise<'on' | 'rest'> {
  if (error.code === 'lease_lost' || error.code === 'store_unavailable') throw error;
  if (drive.wanted !== undefined) return settle(batch, drive);
  drive.deps.log.warn({ batchId: batch.id, code: error.code, status: batch.status }, 'batch step failed');
  if (batch.status === 'aggregating') return pause(batch, drive, { reason: 'fatal', error: stored(error) });
  const status: BatchStatus = nextBatchStatus(batch.status, { type: 'invalid' });
  return change(batch, drive, { status, error: stored(error), endedAt: drive.deps.clock.now(), control: null });
}

async function openAgent(plan: StoredPlan, drive: Drive): Promise<OpenedAgent> {
  drive.agent ??= await drive.deps.openAgent(plan.agent, plan.toolSpecs, drive.drain.signal);
  return drive.agent;
}

async function change(batch: BatchRecord, { deps, fence }: Drive, next: BatchChange): Promise<'on'> {
  await deps.store.updateBatch(batch.id, next, { fence });
  deps.log.info({ batchId: batch.id, from: batch.status, to: next.status }, 'batch changed state');
  return 'on';
}

function stored(error: AppError): { code: AppError['code']; message: string } {
  return { code: error.code, message: error.message };
}

/** The plan as the store keeps it: plain JSON. */
export function storable(plan: StoredPlan): BatchRecord['plan'] {
  return JSON.parse(JSON.stringify(plan)) as BatchRecord['plan'];
}
