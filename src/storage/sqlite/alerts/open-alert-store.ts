import type { DatabaseSync } from 'node:sqlite';
import type { AlertRecord, AlertSelection, AlertStore } from '../../alerts.ts';
import { LIMIT, prepare } from '../statement.ts';
import type { StoreAccess } from '../store-access.ts';

const SELECT = `SELECT id, rule, subject, message, value, threshold AS "limit", batch AS batchId, raised_at AS raisedAt,
  acknowledged_at AS acknowledgedAt, acknowledged_by AS acknowledgedBy, closed_at AS closedAt, closed_by AS closedBy,
  resolved_at AS resolvedAt FROM alerts`;

const WHICH: { [which in AlertSelection]: string } = {
  open: 'resolved_at IS NULL AND closed_at IS NULL',
  ongoing: 'resolved_at IS NULL',
  resolved: '(resolved_at IS NOT NULL OR closed_at IS NOT NULL)',
  all: 'true',
};

/** The part of the store that holds alerts. */
export function openAlertStore(db: DatabaseSync, { read, write }: StoreAccess): AlertStore {
  const insert = prepare(
    db,
    `INSERT OR IGNORE INTO alerts (id, rule, subject, message, value, threshold, batch, raised_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const deliver = prepare(
    db,
    'INSERT OR IGNORE INTO deliveries (event, job, url, created_at, next_at) VALUES (?1, ?2, ?3, ?4, ?4)',
  );
  const end = prepare(db, 'UPDATE alerts SET resolved_at = ? WHERE id = ? AND resolved_at IS NULL');
  const close = prepare(db, `UPDATE alerts SET closed_at = ?, closed_by = ? WHERE id = ? AND ${WHICH.open}`);
  const acknowledge = prepare(
    db,
    `UPDATE alerts SET acknowledged_at = ?, acknowledged_by = ?
     WHERE id = ? AND ${WHICH.open} AND acknowledged_at IS NULL`,
  );
  const one = prepare<AlertRecord>(db, `${SELECT} WHERE id = ?`);
  const listing = (which: AlertSelection) =>
    prepare<AlertRecord>(
      db,
      `${SELECT} WHERE ${WHICH[which]}
         AND (?1 IS NULL OR key < (SELECT key FROM alerts WHERE id = ?1)) ORDER BY key DESC ${LIMIT.replace('?', '?2')}`,
    );
  const [open, ongoing, resolved, all] = [listing('open'), listing('ongoing'), listing('resolved'), listing('all')];
  const lists = { open, ongoing, resolved, all };
  const tell = (id: string, what: string, { receivers, at }: { receivers: readonly string[]; at: number }): void => {
    receivers.forEach((receiver, index) => {
      deliver.run(`evt_${id}_${what}_${index}`, id, receiver, at);
    });
  };
  return {
    raiseAlert: ({ id, rule, subject, message, value, limit, batchId, raisedAt }, receivers) =>
      write(() => {
        if (insert.run(id, rule, subject, message, value, limit, batchId, raisedAt) === 0) return false;
        tell(id, 'raised', { receivers, at: raisedAt });
        return true;
      }),
    resolveAlert: (id, at, receivers) =>
      write(() => {
        if (end.run(at, id) === 0) return false;
        if (one.get(id)?.closedAt === null) tell(id, 'resolved', { receivers, at });
        return true;
      }),
    closeAlert: (id, { by, at }, receivers) =>
      write(() => {
        if (close.run(at, by, id) === 0) return false;
        tell(id, 'resolved', { receivers, at });
        return true;
      }),
    acknowledgeAlert: (id, by, at) => write(() => acknowledge.run(at, by, id) > 0),
    readAlert: (id) => read(() => one.get(id)),
    listAlerts: ({ which, before, limit }) => read(() => lists[which].all(before ?? null, limit)),
  };
}
