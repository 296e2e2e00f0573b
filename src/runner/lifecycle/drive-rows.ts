import { toAppError, unreachable } from '../../base/errors.ts';
import type { BatchChange, BatchRecord } from '../../storage/batches.ts';
import type { RunnerDeps } from '../deps.ts';
import type { ProcessOptions } from '../execution/executor.ts';
import type { ProcessEnd } from '../execution/process-end.ts';
import { processRows } from '../execution/process-rows.ts';
import { planOf, storedPlanOf } from '../output/results.ts';
import { keepActiveTime } from './active-time.ts';
import { nextBatchStatus } from './batch.ts';
import { change, type Drive, openAgent, pause, settle, stored, stretch } from './drive-context.ts';
import { createLiveRows } from './live-rows.ts';
import { createLiveTuning } from './live-tuning.ts';
import { finishRedrive } from './redrive.ts';
import { openRowFlow } from './row-flow.ts';
import { carryOutRowRequests, createRowRequests } from './row-requests.ts';
import { settingsOf, tuningOf } from './settings.ts';

/** The state `running`: runs rows until all are done, or until something ends or pauses the batch. */
export async function runRows(batch: BatchRecord, drive: Drive): Promise<'on' | 'rest'> {
  const { deps, fence } = drive;
  if (batch.ending !== null) {
    return change(batch, drive, { status: nextBatchStatus('running', { type: 'rows-done' }) });
  }
  if (drive.wanted !== undefined) return settle(batch, drive);
  await deps.store.returnRunningRows(fence);
  await finishRedrive(batch, fence, deps);
  // Before any row runs: a crash may have left requests behind.
  await carryOutRowRequests(batch.settings, { fence, deps });
  const live = createLiveRows(AbortSignal.any([drive.hard.signal, drive.cut.signal]));
  const requests = createRowRequests({ fence, deps, live });
  const time = await keepActiveTime(batch, fence, deps);
  let end: ProcessEnd;
  drive.isAtRows = true;
  try {
    const agent = await openAgent(planOf(batch), drive);
    const tuning = createLiveTuning(tuningOf(storedPlanOf(batch), settingsOf(batch)));
    drive.tune = (settings) => {
      tuning.tell(tuningOf(storedPlanOf(batch), settingsOf({ settings })));
      requests.see(settings);
    };
    tuning.listen(() => deps.events.emit('batch-tune', { batchId: batch.id, at: deps.clock.now() }));
    const signals = { drain: drive.drain.signal, hard: drive.hard.signal };
    end = await runWithFlow({ batch, fence, agent, deps, tuning, live, ...signals }, drive);
  } catch (thrown) {
    const error = toAppError(thrown);
    end = error.code === 'aborted' ? { kind: 'stopped' } : { kind: 'pause', reason: 'fatal', error };
  } finally {
    drive.isAtRows = false;
    drive.tune = undefined;
    await requests.stop();
    await time.stop();
  }
  // A row that was queued again after the last claim runs now.
  if (end.kind === 'done' && live.hasRequeued() && (await isQueued(batch, deps))) return 'on';
  return afterRows(batch, drive, end);
}

/** Runs the rows, together with the row flow of a batch that has one. */
async function runWithFlow(options: ProcessOptions & { deps: RunnerDeps }, drive: Drive): Promise<ProcessEnd> {
  const flow = await openRowFlow(options.batch, drive, options.tuning);
  if (flow === undefined) return processRows(options);
  const { deps, arrivals, broken } = flow;
  const drain = AbortSignal.any([options.drain, broken]);
  let end: ProcessEnd;
  try {
    end = await processRows({ ...options, deps, drain, ...(arrivals && { arrivals }) });
  } finally {
    await flow.close();
  }
  const error = flow.fault();
  // A wait that was aborted by a stop is not a fault of the source or the output.
  if (error === undefined || error.code === 'aborted') return end;
  const isOurs = error.code === 'lease_lost' || error.code === 'store_unavailable';
  return isOurs ? { kind: 'fault', error } : { kind: 'pause', reason: 'fatal', error };
}

async function afterRows(before: BatchRecord, drive: Drive, end: ProcessEnd): Promise<'on' | 'rest'> {
  const batch = (await drive.deps.store.readBatch(before.id)) ?? before;
  switch (end.kind) {
    case 'done': {
      const isSample = batch.rowLimit !== null && (batch.totals.queued > 0 || batch.intake?.isOver === false);
      if (isSample) return pause(batch, drive, { reason: 'sample', error: null });
      return change(batch, drive, { ...rowsDone(batch, drive), ending: 'completed', unlessRowRequests: true });
    }
    case 'stopped':
      return settle(batch, drive);
    case 'fault':
      throw end.error;
    case 'tolerance':
      return change(batch, drive, { ...rowsDone(batch, drive), ending: 'failed', error: stored(end.error) });
    case 'pause': {
      // The failed attempts stay in the traces of their rows.
      if (end.again !== undefined) await drive.deps.store.redriveRows(drive.fence, { codes: [end.again] });
      if (end.alike !== undefined && !isRestOpen(batch)) return afterRows(before, drive, { kind: 'done' });
      const settings = end.alike === undefined ? {} : { settings: { alike: end.alike } };
      return pause(batch, drive, { reason: end.reason, error: stored(end.error), ...settings });
    }
    default:
      return unreachable(end);
  }
}

async function isQueued({ id }: BatchRecord, { store }: RunnerDeps): Promise<boolean> {
  return ((await store.readBatch(id))?.totals.queued ?? 0) > 0;
}

/** Whether rows remain that have not ended. */
function isRestOpen({ totals, intake }: BatchRecord): boolean {
  return totals.queued + totals.running > 0 || intake?.isOver === false;
}

function rowsDone(batch: BatchRecord, drive: Drive): BatchChange {
  return { ...stretch(batch, drive), status: nextBatchStatus('running', { type: 'rows-done' }) };
}
