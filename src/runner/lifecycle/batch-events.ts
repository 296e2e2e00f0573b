import type { BatchChange, BatchRecord } from '../../storage/batches.ts';
import type { Fence } from '../../storage/leases.ts';
import type { RunnerDeps } from '../deps.ts';

type EventDeps = Pick<RunnerDeps, 'events' | 'clock'>;

/** Reports a batch's new status after the store has it; a change without a status emits nothing. */
export function emitStatus(
  batch: Pick<BatchRecord, 'id' | 'status' | 'pauseReason'>,
  change: BatchChange,
  { events, clock }: EventDeps,
): void {
  if (change.status === undefined) return;
  const { pauseReason = batch.pauseReason } = change;
  events.emit('batch-status', {
    batchId: batch.id,
    from: batch.status,
    status: change.status,
    pauseReason,
    at: clock.now(),
  });
}

/** Reports that this process has acquired or released a batch's lease. */
export function emitLease(name: 'lease-start' | 'lease-end', fence: Fence, { events, clock }: EventDeps): void {
  events.emit(name, { ...fence, at: clock.now() });
}

/** Reports that a batch was stored. */
export function emitCreated({ id: batchId, status, createdAt: at }: BatchRecord, { events }: RunnerDeps): void {
  events.emit('batch-status', { batchId, from: null, status, pauseReason: null, at });
}
