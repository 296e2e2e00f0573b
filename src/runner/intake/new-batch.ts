import type { NewBatch } from '../../storage/batches.ts';

type Known = Pick<
  NewBatch,
  'id' | 'status' | 'idempotencyKey' | 'budgetKey' | 'plan' | 'columns' | 'rowLimit' | 'createdAt'
>;

/** A batch of which nothing has happened yet. */
export function newBatch(known: Known & Pick<Partial<NewBatch>, 'settings'>): NewBatch {
  return {
    settings: {},
    ...known,
    pauseReason: null,
    error: null,
    ending: null,
    control: null,
    loadWarnings: [],
    output: null,
    startedAt: null,
    endedAt: null,
    activeMs: 0,
    activeSince: null,
  };
}
