import { AppError } from '../../base/errors.ts';
import type { BatchStatus, PauseReason } from '../../storage/batches.ts';

/**
 * The events of a batch and the transitions that they cause.
 *
 * ```
 * collecting ─ seal → created        collecting ─ cancel → cancelled
 * created ─ begin → validating ─ valid → loading ─ loaded → running ─ rows-done → aggregating ─ aggregated → completed | failed | cancelled
 *              validating ─ ready → running (the rows are stored)
 *              validating ─ invalid → failed        running ─ pause → paused ─ resume → running
 *              loading ─ unreadable → failed        running, paused ─ cancel → aggregating
 *              completed, failed, cancelled ─ redrive → running
 * ```
 */
export type BatchEvent =
  | { type: 'seal' }
  | { type: 'begin' }
  | { type: 'valid' }
  | { type: 'ready' }
  | { type: 'invalid' }
  | { type: 'loaded' }
  | { type: 'pause'; reason: PauseReason }
  | { type: 'resume' }
  | { type: 'rows-done' }
  | { type: 'cancel' }
  | { type: 'aggregated'; ending: 'completed' | 'failed' | 'cancelled' }
  | { type: 'redrive' };

const TRANSITIONS: { [status in BatchStatus]: { [event in BatchEvent['type']]?: BatchStatus } } = {
  collecting: { seal: 'created', cancel: 'cancelled' },
  created: { begin: 'validating', pause: 'paused', cancel: 'cancelled' },
  validating: {
    begin: 'validating',
    valid: 'loading',
    ready: 'running',
    invalid: 'failed',
    pause: 'paused',
    cancel: 'cancelled',
  },
  loading: { begin: 'validating', loaded: 'running', invalid: 'failed', pause: 'paused', cancel: 'cancelled' },
  running: { pause: 'paused', 'rows-done': 'aggregating', cancel: 'aggregating' },
  paused: { resume: 'running', begin: 'validating', cancel: 'aggregating' },
  aggregating: { aggregated: 'completed', pause: 'paused' },
  completed: { redrive: 'running' },
  failed: { redrive: 'running' },
  cancelled: { redrive: 'running' },
};

/** The statuses in which a process drives the batch, or should. */
export const ACTIVE: BatchStatus[] = ['created', 'validating', 'loading', 'running', 'aggregating'];
export const ENDED: BatchStatus[] = ['completed', 'failed', 'cancelled'];
/** The statuses in which rows run or will run, so that the batch can be paused. */
export const PAUSABLE: BatchStatus[] = ['created', 'validating', 'loading', 'running'];
/** The statuses in which the batch can be cancelled. */
export const CANCELLABLE: BatchStatus[] = ['collecting', ...PAUSABLE, 'paused'];

/**
 * The next status, as a pure function.
 * @throws AppError `batch_state_invalid` when the event can't happen in that status
 */
export function nextBatchStatus(status: BatchStatus, event: BatchEvent): BatchStatus {
  const next = TRANSITIONS[status][event.type];
  if (next === undefined) {
    throw new AppError(
      'batch_state_invalid',
      `The event "${event.type}" is not possible for a batch that is ${status}.`,
    );
  }
  return event.type === 'aggregated' ? event.ending : next;
}
