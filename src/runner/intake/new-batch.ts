import type { NewBatch } from '../../storage/batches.ts';

type Known = Pick<NewBatch, 'id' | 'status' | 'idempotencyKey' | 'plan' | 'columns' | 'rowLimit' | 'createdAt'>;

/** A batch of which nothing has happened yet. */
export function newBatch(known: Known): NewBatch {
  return {
    ...known,
    pauseReason: null,
    error: null,
    ending: null,
    control: null,
    settings: {},
    loadWarnings: [],
    output: null,
    startedAt: null,
    endedAt: null,
    activeMs: 0,
    activeSince: null,
  };
}
