import { AppError } from '../../base/errors.ts';
import type { BatchChange, BatchRecord, BatchStatus } from '../../storage/batches.ts';
import { type BatchTuning, NOTHING_TO_SET } from '../contract/request/options.ts';
import type { RunnerDeps } from '../deps.ts';
import { unpricedCap } from '../intake/money/check-caps.ts';
import { planOf } from '../output/results.ts';
import { ACTIVE, CANCELLABLE, nextBatchStatus, PAUSABLE } from './batch.ts';
import { emitLease, emitStatus } from './batch-events.ts';

type Control = NonNullable<BatchRecord['control']>;

/** The statuses in which each request can still be carried out. */
const WHEN: { [control in Control]: BatchStatus[] } = { pause: PAUSABLE, cancel: CANCELLABLE };

/** Requests a pause: the owner's heartbeat reads the request. A batch without an owner is paused immediately. */
export async function pauseBatch(batch: BatchRecord, deps: RunnerDeps): Promise<void> {
  if (batch.status === 'paused') return;
  const guard = { when: PAUSABLE, unlessControl: 'cancel' as const };
  if (!(await deps.store.updateBatch(batch.id, { control: 'pause' }, guard))) {
    const { status, control } = (await deps.store.readBatch(batch.id)) ?? batch;
    if (status === 'paused') return;
    const why =
      status === 'aggregating' || control === 'cancel'
        ? 'all its rows have ended or stopped and its table is about to be written; it ends on its own'
        : `it is ${status}`;
    throw new AppError('batch_state_invalid', `The batch ${batch.id} can't be paused: ${why}.`);
  }
  await carryOutUnowned(batch.id, deps);
}

/** Requests a cancellation: the owner's heartbeat reads the request. Without an owner it is carried out immediately. */
export async function cancelBatch(batch: BatchRecord, deps: RunnerDeps): Promise<void> {
  if (batch.status === 'cancelled') return;
  const isAsked = await deps.store.updateBatch(batch.id, { control: 'cancel' }, { when: CANCELLABLE });
  if (!isAsked) {
    const status = (await deps.store.readBatch(batch.id))?.status ?? batch.status;
    if (status === 'cancelled') return;
    throw new AppError(
      'batch_state_invalid',
      `The batch ${batch.id} is ${status} already; there is nothing to cancel.`,
    );
  }
  await carryOutUnowned(batch.id, deps);
}

/**
 * Carries out a pending request when no process owns the batch. A loaded batch that is cancelled goes to `aggregating`,
 * and the next process that drives it writes its table. Resolves to the request that was carried out, if any.
 */
export async function carryOutUnowned(batchId: string, deps: RunnerDeps): Promise<Control | undefined> {
  const { store } = deps;
  if (requestOf(await store.readBatch(batchId)) === undefined) return undefined;
  const lease = await store.acquireLease(batchId, deps.owner);
  if (!lease.acquired) return undefined;
  try {
    // The batch may have changed before this process got the lease.
    const batch = await store.readBatch(batchId);
    const control = requestOf(batch);
    if (batch === undefined || control === undefined) return undefined;
    await store.returnRunningRows(lease.fence);
    const cleared: BatchChange = { error: null, control: null, activeSince: null };
    const change = control === 'pause' ? paused(batch) : cancelled(batch, deps.clock.now());
    await store.updateBatch(batchId, { ...cleared, ...change }, { fence: lease.fence });
    emitStatus(batch, change, deps);
    return control;
  } finally {
    await store.releaseLease(lease.fence);
    emitLease('lease-end', lease.fence, deps);
  }
}

function requestOf(batch: BatchRecord | undefined): Control | undefined {
  if (batch === undefined || batch.control === null) return undefined;
  return WHEN[batch.control].includes(batch.status) ? batch.control : undefined;
}

function paused(batch: BatchRecord): BatchChange {
  return { status: nextBatchStatus(batch.status, { type: 'pause', reason: 'user' }), pauseReason: 'user' };
}

function cancelled(batch: BatchRecord, now: number): BatchChange {
  if (batch.columns === null) return { status: 'cancelled', pauseReason: null, endedAt: now };
  const status = nextBatchStatus(batch.status, { type: 'cancel' });
  const isOver = status === 'cancelled';
  return { status, pauseReason: null, ending: 'cancelled', ...(isOver && { endedAt: now }) };
}

/**
 * Changes the tuning of a batch; its owner applies it at its next heartbeat.
 * @throws AppError `invalid_arguments`, `budget_unpriced`, `batch_state_invalid` when it has ended
 */
export async function tuneBatch(batch: BatchRecord, tuning: BatchTuning, deps: RunnerDeps): Promise<void> {
  if (Object.keys(tuning).length === 0) {
    throw new AppError('invalid_arguments', `${NOTHING_TO_SET}.`);
  }
  checkCapPrice(batch, tuning, deps);
  const isSet = await deps.store.updateBatch(batch.id, { settings: { ...tuning } }, { when: [...ACTIVE, 'paused'] });
  if (!isSet) {
    const status = (await deps.store.readBatch(batch.id))?.status ?? batch.status;
    throw new AppError(
      'batch_state_invalid',
      `The batch ${batch.id} is ${status}: its tuning can't be changed. A retry of its failed rows accepts its own options.concurrency and options.max_cost_usd.`,
    );
  }
  deps.events.emit('batch-tune', { batchId: batch.id, at: deps.clock.now() });
}

/** @throws AppError `budget_unpriced` */
export function checkCapPrice(batch: BatchRecord, tuning: BatchTuning, deps: RunnerDeps): void {
  const { agent, request } = planOf(batch);
  const [problem] = unpricedCap(agent, tuning.max_cost_usd ?? request.options?.max_cost_usd, deps);
  if (problem !== undefined) throw new AppError(problem.code, problem.message);
}
