import type { DatabaseSync } from 'node:sqlite';
import type { AlertRecord, AlertStore } from '../../alerts.ts';
import { LIMIT, prepare } from '../statement.ts';
import type { StoreAccess } from '../store-access.ts';

const SELECT = `SELECT id, rule, subject, message, raised_at AS raisedAt, acknowledged_at AS acknowledgedAt,
  acknowledged_by AS acknowledgedBy, resolved_at AS resolvedAt FROM alerts`;

/** The part of the store that holds alerts. */
export function openAlertStore(db: DatabaseSync, { read, write }: StoreAccess): AlertStore {
  const insert = prepare(
    db,
    'INSERT OR IGNORE INTO alerts (id, rule, subject, message, raised_at) VALUES (?, ?, ?, ?, ?)',
  );
  const deliver = prepare(
    db,
    'INSERT OR IGNORE INTO deliveries (event, job, url, created_at, next_at) VALUES (?1, ?2, ?3, ?4, ?4)',
  );
  const end = prepare(db, 'UPDATE alerts SET resolved_at = ? WHERE id = ? AND resolved_at IS NULL');
  const acknowledge = prepare(
    db,
    `UPDATE alerts SET acknowledged_at = ?, acknowledged_by = ?
     WHERE id = ? AND resolved_at IS NULL AND acknowledged_at IS NULL`,
  );
  const one = prepare<AlertRecord>(db, `${SELECT} WHERE id = ?`);
  const list = prepare<AlertRecord>(
    db,
    `${SELECT} WHERE (?1 = 0 OR resolved_at IS NULL)
       AND (?2 IS NULL OR key < (SELECT key FROM alerts WHERE id = ?2)) ORDER BY key DESC ${LIMIT.replace('?', '?3')}`,
  );
  const tell = (id: string, what: string, { receivers, at }: { receivers: readonly string[]; at: number }): void => {
    receivers.forEach((receiver, index) => {
      deliver.run(`evt_${id}_${what}_${index}`, id, receiver, at);
    });
  };
  return {
    raiseAlert: ({ id, rule, subject, message, raisedAt }, receivers) =>
      write(() => {
        if (insert.run(id, rule, subject, message, raisedAt) === 0) return false;
        tell(id, 'raised', { receivers, at: raisedAt });
        return true;
      }),
    resolveAlert: (id, at, receivers) =>
      write(() => {
        if (end.run(at, id) === 0) return false;
        tell(id, 'resolved', { receivers, at });
        return true;
      }),
    acknowledgeAlert: (id, by, at) => write(() => acknowledge.run(at, by, id) > 0),
    readAlert: (id) => read(() => one.get(id)),
    listAlerts: ({ openOnly, before, limit }) => read(() => list.all(openOnly ? 1 : 0, before ?? null, limit)),
  };
}
