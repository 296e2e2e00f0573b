import type { DatabaseSync } from 'node:sqlite';
import { prepare } from '../statement.ts';
import type { Sync } from './consents.ts';

/** Counts spending that no person was asked about. The whole check is in one transaction over all processes. */
export function prepareStartUnasked(db: DatabaseSync): Sync<'startUnasked'> {
  const prune = prepare(db, 'DELETE FROM unasked_spending WHERE at < ?');
  const known = prepare<{ key: string }>(db, 'SELECT key FROM unasked_spending WHERE key = ?');
  const sum = prepare<{ total: number; batch: number }>(
    db,
    `SELECT total(micro_usd) AS total, total(micro_usd) FILTER (WHERE batch = ?) AS batch FROM unasked_spending`,
  );
  const insert = prepare(db, 'INSERT INTO unasked_spending (key, batch, micro_usd, at) VALUES (?, ?, ?, ?)');
  return ({ key, batchId, expectedMicroUsd, spentMicroUsd }, { limitMicroUsd, since, now }) => {
    prune.run(Math.round(since));
    const { total, batch } = sum.get(batchId) ?? { total: 0, batch: 0 };
    if (known.get(key) !== undefined) return { counted: true, sumMicroUsd: total };
    const covered = Math.max(0, batch - spentMicroUsd);
    const more = Math.max(0, expectedMicroUsd - covered);
    if (more > 0 && total + more > limitMicroUsd) return { counted: false, sumMicroUsd: total };
    insert.run(key, batchId, more, Math.round(now));
    return { counted: true, sumMicroUsd: total };
  };
}

/** Removes spending whose action was not carried out. */
export function prepareForgetUnasked(db: DatabaseSync): Sync<'forgetUnasked'> {
  const forget = prepare(db, 'DELETE FROM unasked_spending WHERE key = ?');
  return (key) => {
    forget.run(key);
  };
}
