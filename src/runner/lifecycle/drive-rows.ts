import { toAppError, unreachable } from '../../base/errors.ts';
import type { BatchChange, BatchRecord } from '../../storage/batches.ts';
import type { ProcessEnd } from '../execution/process-end.ts';
import { processRows } from '../execution/process-rows.ts';
import { planOf, storedPlanOf } from '../output/results.ts';
import { keepActiveTime } from './active-time.ts';
import { nextBatchStatus } from './batch.ts';
import { change, type Drive, openAgent, pause, settle, stored, stretch } from './drive-context.ts';
import { createLiveTuning } from './live-tuning.ts';
import { finishRedrive } from './redrive.ts';
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
    tuning.listen(() => deps.events.emit('batch-tune', { batchId: batch.id, at: deps.clock.now() }));
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

function rowsDone(batch: BatchRecord, drive: Drive): BatchChange {
  return { ...stretch(batch, drive), status: nextBatchStatus('running', { type: 'rows-done' }) };
}
