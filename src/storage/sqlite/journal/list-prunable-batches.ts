import type { DatabaseSync } from 'node:sqlite';
import { prepare } from '../statement.ts';

/** Longest due first; only batches that have ended, so that one which was redriven keeps its bodies. */
export function prepareListPrunableBatches(db: DatabaseSync): (at: number) => string[] {
  const select = prepare<{ id: string }>(
    db,
    `SELECT id FROM batches WHERE prune_at <= ? AND status IN ('completed', 'failed', 'cancelled') ORDER BY prune_at`,
  );
  return (at) => select.all(at).map(({ id }) => id);
}
