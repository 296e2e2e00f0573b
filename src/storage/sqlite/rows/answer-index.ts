import { DatabaseSync } from 'node:sqlite';
import type { AnswerIndex } from '../../answer-index.ts';

/** SQLite's own name for a private database on disk that disappears with its connection. */
const TEMPORARY = '';

/** An {@link AnswerIndex} in a temporary SQLite database. */
export function openAnswerIndex(): AnswerIndex {
  const db = new DatabaseSync(TEMPORARY);
  db.exec(`
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    CREATE TABLE answers (key BLOB PRIMARY KEY, input BLOB NOT NULL, row INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE seen (key BLOB PRIMARY KEY, line INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  `);
  const insert = db.prepare('INSERT OR IGNORE INTO answers (key, input, row) VALUES (?, ?, ?)');
  const select = db.prepare('SELECT input, row FROM answers WHERE key = ?');
  const mark = db.prepare('INSERT OR IGNORE INTO seen (key, line) VALUES (?, ?)');
  const selectSeen = db.prepare('SELECT line FROM seen WHERE key = ?');
  let isOpen = true;
  return {
    add(answers) {
      db.exec('BEGIN');
      for (const { key, input, row } of answers) insert.run(key, input, row);
      db.exec('COMMIT');
    },
    find(key) {
      const found = select.get(key);
      return found === undefined ? undefined : { row: Number(found['row']), input: found['input'] as Uint8Array };
    },
    seen(key, line) {
      if (Number(mark.run(key, line).changes) > 0) return undefined;
      return Number(selectSeen.get(key)?.['line']);
    },
    close() {
      if (isOpen) db.close();
      isOpen = false;
    },
  };
}
