import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { NO_BATCH, prepareSeriesKeys } from '../../../../src/storage/sqlite/usage/series-keys.ts';

let db: DatabaseSync;
beforeEach(() => {
  db = new DatabaseSync(':memory:');
  db.exec(`CREATE TABLE batches (key INTEGER PRIMARY KEY, id TEXT, plan TEXT);
    CREATE TABLE usage_series (key INTEGER PRIMARY KEY, batch INTEGER, batch_id TEXT, agent TEXT, model TEXT, way TEXT,
      UNIQUE (batch, model, way));`);
});
afterEach(() => db.close());

const ALPHA = { batch: NO_BATCH, model: 'alpha', way: 'realtime' } as const;
const BETA = { batch: NO_BATCH, model: 'beta', way: 'realtime' } as const;

it('forgets the keys of a transaction that is rolled back, which others get then', () => {
  const begin = prepareSeriesKeys(db);
  db.exec('BEGIN');
  const lost = begin();
  const key = lost.of(ALPHA);
  expect(lost.of(ALPHA)).toBe(key);
  db.exec('ROLLBACK; BEGIN');
  const kept = begin();
  expect(kept.of(BETA)).toBe(key);
  expect(kept.of(ALPHA)).not.toBe(key);
  db.exec('COMMIT');
  kept.committed();
  expect(begin().of(BETA)).toBe(key);
});

it('reads a committed key once', () => {
  const begin = prepareSeriesKeys(db);
  const keys = begin();
  const key = keys.of(ALPHA);
  keys.committed();
  db.exec('DELETE FROM usage_series');
  expect(begin().of(ALPHA)).toBe(key);
});

it('has no key for a batch that does not exist', () => {
  expect(prepareSeriesKeys(db)().of({ ...ALPHA, batch: 7 })).toBeUndefined();
});
