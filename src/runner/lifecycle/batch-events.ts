import type { BatchChange, BatchRecord } from '../../storage/batches.ts';
import type { Fence } from '../../storage/leases.ts';
import type { RunnerDeps } from '../deps.ts';

type EventDeps = Pick<RunnerDeps, 'events' | 'clock'>;

/** Reports that a batch has another status, once the store has it; a change without a status says nothing. */
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

/** Reports that this process has taken a batch's lease, or has it no longer. */
export function emitLease(name: 'lease-start' | 'lease-end', fence: Fence, { events, clock }: EventDeps): void {
  events.emit(name, { ...fence, at: clock.now() });
}
