import type { DatabaseSync } from 'node:sqlite';
import { prepare } from '../statement.ts';

/** Longest due first. Only ended batches are listed, so that a redriven batch keeps its bodies. */
export function prepareListPrunableBatches(db: DatabaseSync): (at: number) => string[] {
  const select = prepare<{ id: string }>(
    db,
    `SELECT id FROM batches WHERE prune_at <= ? AND status IN ('completed', 'failed', 'cancelled') ORDER BY prune_at`,
  );
  return (at) => select.all(at).map(({ id }) => id);
}
