import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Which rows {@link addRows} adds. */
interface AddedRows {
  /** The data directory; no server may run on it. */
  dataDir: string;
  batchId: string;
  /** How many rows the batch has afterwards. */
  rows: number;
}

/**
 * Adds queued rows to a batch that lies still, in its database: a million in some seconds. Row n has the cells
 * `T-{1000 + n}` and `message ({n})`.
 */
export function addRows({ dataDir, batchId, rows }: AddedRows): void {
  const db = new DatabaseSync(join(dataDir, 'rowmill.db'));
  try {
    db.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -65536; BEGIN');
    const batch = db.prepare('SELECT key FROM batches WHERE id = ?').get(batchId)?.['key'] as number;
    const had = db.prepare('SELECT rows FROM batch_totals WHERE batch = ?').get(batch)?.['rows'] as number;
    // A number of JavaScript is bound as a REAL, and would be written as one: "1000.0".
    const numbers =
      'WITH RECURSIVE n (row) AS (SELECT CAST(? AS INTEGER) UNION ALL SELECT row + 1 FROM n WHERE row < ?)';
    db.prepare(
      `INSERT INTO row_sources (id, line, cells) ${numbers}
       SELECT (? << 32) + row, row + 2, json_array('T-' || (1000 + row), 'message (' || row || ')') FROM n`,
    ).run(had, rows - 1, batch);
    db.prepare(
      `INSERT INTO row_states (id, status, attempt, claims) ${numbers} SELECT (? << 32) + row, 0, 0, 0 FROM n`,
    ).run(had, rows - 1, batch);
    db.prepare('UPDATE batch_totals SET rows = ?, queued = queued + ? WHERE batch = ?').run(rows, rows - had, batch);
    db.exec('COMMIT');
  } finally {
    db.close();
  }
}
