/**
 * Jobs: rows of standing batches.
 *
 * - `queues.batch` is the key of the standing batch: the one that takes new jobs. null: the next job opens one.
 * - `batches.queue` is the queue of a batch of jobs. The index has only those that collect.
 * - `jobs.row` is the id of the job's row; null once the job was cancelled or has expired.
 * - `deliveries` has a line for each end of a job with a callback, written by the transaction that ends it. `state`: 0
 *   pending, 1 delivered, 2 dead. The index has only the pending ones.
 */
export const JOBS = `
CREATE TABLE queues (
  key INTEGER PRIMARY KEY AUTOINCREMENT,
  agent TEXT NOT NULL,
  version TEXT NOT NULL,
  model TEXT NOT NULL,
  batch INTEGER,
  UNIQUE (agent, version, model)
) STRICT;

ALTER TABLE batches ADD COLUMN queue INTEGER;
CREATE INDEX batches_collecting ON batches (queue, key) WHERE queue IS NOT NULL AND status = 'collecting';

CREATE TABLE jobs (
  key INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  queue INTEGER NOT NULL,
  row INTEGER,
  owner TEXT NOT NULL,
  priority INTEGER NOT NULL,
  not_before INTEGER,
  deadline INTEGER,
  callback_url TEXT,
  idempotency_key TEXT,
  cap_micro_usd INTEGER,
  ending TEXT,
  created_at INTEGER NOT NULL,
  ended_at INTEGER
) STRICT;
CREATE UNIQUE INDEX jobs_row ON jobs (row) WHERE row IS NOT NULL;
CREATE UNIQUE INDEX jobs_idempotency ON jobs (owner, idempotency_key) WHERE idempotency_key IS NOT NULL;

CREATE TABLE deliveries (
  key INTEGER PRIMARY KEY AUTOINCREMENT,
  event TEXT NOT NULL UNIQUE,
  job TEXT NOT NULL,
  url TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  state INTEGER NOT NULL DEFAULT 0,
  error TEXT,
  created_at INTEGER NOT NULL,
  next_at INTEGER NOT NULL
) STRICT;
CREATE INDEX deliveries_due ON deliveries (next_at) WHERE state = 0;
`;
