import { toAppError, unreachable } from '../../base/errors.ts';
import type { BatchChange, BatchRecord } from '../../storage/batches.ts';
import type { RowArrivals } from '../execution/claims.ts';
import type { ProcessOptions } from '../execution/executor.ts';
import type { ProcessEnd } from '../execution/process-end.ts';
import { processRows } from '../execution/process-rows.ts';
import { planOf, storedPlanOf } from '../output/results.ts';
import { keepActiveTime } from './active-time.ts';
import { nextBatchStatus } from './batch.ts';
import { change, type Drive, openAgent, pause, settle, stored, stretch } from './drive-context.ts';
import { createLiveTuning } from './live-tuning.ts';
import { finishRedrive } from './redrive.ts';
import { openRowFlow } from './row-flow.ts';
import { settingsOf, tuningOf } from './settings.ts';

/** The state `running`: works on rows until they are done, or something ends or pauses the batch. */
export async function runRows(batch: BatchRecord, drive: Drive): Promise<'on' | 'rest'> {
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
    end = await runWithFlow({ batch, fence, agent, deps, tuning, ...signals }, drive);
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

/** Runs the rows beside the flow of a batch that has one. */
async function runWithFlow(options: ProcessOptions, drive: Drive): Promise<ProcessEnd> {
  const flow = await openRowFlow(options.batch, drive, options.tuning);
  if (flow === undefined) return processRows(options);
  const { deps, arrivals, broken } = flow;
  const drain = AbortSignal.any([options.drain, broken]);
  let end: ProcessEnd;
  try {
    end = await processArriving({ ...options, deps, drain, ...(arrivals && { arrivals }) });
  } finally {
    await flow.close();
  }
  const error = flow.fault();
  // A wait that a stop has cut short is no fault of a place.
  if (error === undefined || error.code === 'aborted') return end;
  const isOurs = error.code === 'lease_lost' || error.code === 'store_unavailable';
  return isOurs ? { kind: 'fault', error } : { kind: 'pause', reason: 'fatal', error };
}

/** Runs rows until none is left and none comes any more. */
async function processArriving(options: ProcessOptions): Promise<ProcessEnd> {
  const { drain, deps, arrivals } = options;
  if (arrivals === undefined) return processRows(options);
  for (let { batch } = options; ; ) {
    const wasOver = arrivals.isOver();
    const arrived = nextArrival(arrivals, drain);
    const end = await processRows({ ...options, batch });
    if (end.kind !== 'done' || wasOver) return end;
    await arrived;
    if (drain.aborted) return { kind: 'stopped' };
    batch = (await deps.store.readBatch(batch.id)) ?? batch;
  }
}

/** Resolves when rows have come, no row comes any more, or the batch drains. */
function nextArrival(arrivals: RowArrivals, drain: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      unlisten();
      drain.removeEventListener('abort', end);
      resolve();
    };
    const unlisten = arrivals.listen(end);
    drain.addEventListener('abort', end);
    if (drain.aborted || arrivals.isOver()) end();
  });
}

async function afterRows(before: BatchRecord, drive: Drive, end: ProcessEnd): Promise<'on' | 'rest'> {
  const batch = (await drive.deps.store.readBatch(before.id)) ?? before;
  switch (end.kind) {
    case 'done': {
      const isSample = batch.rowLimit !== null && (batch.totals.queued > 0 || batch.intake?.isOver === false);
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

function rowsDone(batch: BatchRecord, drive: Drive): BatchChange {
  return { ...stretch(batch, drive), status: nextBatchStatus('running', { type: 'rows-done' }) };
}
