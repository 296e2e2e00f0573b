import type { AppError } from '../../base/errors.ts';
import { parseJson } from '../../base/json/exact-number.ts';
import type { JsonObject } from '../../protocol/messages.ts';
import type { OpenedAgent } from '../../protocol/run.ts';
import type { BatchChange, BatchRecord, PauseReason } from '../../storage/batches.ts';
import type { Fence } from '../../storage/leases.ts';
import type { StoredPlan } from '../contract/report/stored-plan.ts';
import type { RunnerDeps } from '../deps.ts';
import { unfoldedMs } from './active-time.ts';
import { nextBatchStatus } from './batch.ts';
import { emitStatus } from './batch-events.ts';

/** The state of one process that drives one batch. */
export interface Drive {
  deps: RunnerDeps;
  fence: Fence;
  drain: AbortController;
  hard: AbortController;
  /** Aborts the calls of running rows and nothing else: provider jobs of a cancelled batch are still ended in order. */
  cut: AbortController;
  /** The reason of the drain, once there is one. */
  wanted: { reason: 'user' | 'interrupted' | 'cancel' } | undefined;
  onDrain: 'pause' | 'release';
  /** Whether rows are running: only they are stopped when a drain's grace time is over. */
  isAtRows: boolean;
  agent: OpenedAgent | undefined;
  /** Applies new settings of the batch to the running rows. */
  tune: ((settings: JsonObject) => void) | undefined;
}

/** The agent with its tools open; opened once per drive. */
export async function openAgent(plan: StoredPlan, drive: Drive): Promise<OpenedAgent> {
  drive.agent ??= await drive.deps.openAgent(plan.agent, plan.toolSpecs, drive.drain.signal);
  return drive.agent;
}

/**
 * The dependencies as the process that created the batch had them: tables are limited to the folders that it may
 * access.
 */
export function atHome(deps: RunnerDeps, { fileRoots }: StoredPlan): RunnerDeps {
  return { ...deps, tables: deps.tables.within(fileRoots) };
}

/**
 * Changes the batch under the lease. `unlessRowRequests`: requests for rows that came in the meantime are carried out
 * first, in the unchanged state.
 */
export async function change(
  batch: BatchRecord,
  { deps, fence }: Drive,
  next: BatchChange & { unlessRowRequests?: true },
): Promise<'on'> {
  const { unlessRowRequests, ...fields } = next;
  const guard = { fence, ...(unlessRowRequests && { unlessRowRequests }) };
  if (!(await deps.store.updateBatch(batch.id, fields, guard))) return 'on';
  emitStatus(batch, next, deps);
  deps.log.info({ batchId: batch.id, from: batch.status, to: next.status }, 'batch changed state');
  return 'on';
}

/** Carries out the reason of the drain. */
export async function settle(batch: BatchRecord, drive: Drive): Promise<'on' | 'rest'> {
  const wanted = drive.wanted?.reason ?? 'interrupted';
  // A batch in `aggregating` runs no more rows and its table is written in any case, so a cancellation has no effect.
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

/** Pauses the batch for a reason. */
export function pause(
  batch: BatchRecord,
  drive: Drive,
  why: { reason: PauseReason; error: BatchRecord['error']; settings?: BatchRecord['settings'] },
): Promise<'on'> {
  const status = nextBatchStatus(batch.status, { type: 'pause', reason: why.reason });
  return change(batch, drive, {
    ...stretch(batch, drive),
    status,
    pauseReason: why.reason,
    error: why.error,
    ...(why.settings && { settings: why.settings }),
    // `control` stays: a cancellation may just have been requested. A resume clears it.
  });
}

/** Ends the period of `running`, so that rates and ETA count active time only. */
export function stretch(batch: BatchRecord, { deps }: Drive): BatchChange {
  if (batch.activeSince === null) return {};
  return { activeMs: batch.activeMs + unfoldedMs(batch, deps.clock.now()), activeSince: null };
}

/** A fault in its stored form. */
export function stored(error: AppError): { code: AppError['code']; message: string } {
  return { code: error.code, message: error.message };
}

/** The plan in its stored form: plain JSON. */
export function storable(plan: StoredPlan): BatchRecord['plan'] {
  return parseJson(JSON.stringify(plan)) as BatchRecord['plan'];
}
