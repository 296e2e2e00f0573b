/**
 * Settings of a running batch, outcomes of attempts, and the bill in detail.
 *
 * - `batches.settings` overrides the plan's options. SQL merges it, so that concurrent changes of different settings
 *   by two processes are both kept. The owner never writes it back.
 * - `batch_bills` has the tokens and money of each model of a batch by kind of token; `batch_attempts` has the money of
 *   attempts by their outcome, with the sum of squares (in micro-dollars) from which the spread of an estimate is
 *   computed.
 * - `row_attempts` keeps how an attempt ended after a redrive has given its row a new one; nothing is written for a row
 *   that is not redriven.
 */
export const CONTROL_AND_BILLS = `
ALTER TABLE batches ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';

CREATE TABLE batch_bills (
  batch INTEGER NOT NULL REFERENCES batches (key),
  model TEXT NOT NULL,
  calls INTEGER NOT NULL,
  unpriced_calls INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL,
  cache_read_tokens INTEGER NOT NULL,
  input_pico_usd INTEGER NOT NULL,
  output_pico_usd INTEGER NOT NULL,
  cache_write_pico_usd INTEGER NOT NULL,
  cache_read_pico_usd INTEGER NOT NULL,
  PRIMARY KEY (batch, model)
) STRICT, WITHOUT ROWID;

CREATE TABLE batch_attempts (
  batch INTEGER NOT NULL REFERENCES batches (key),
  outcome TEXT NOT NULL CHECK (outcome IN ('succeeded', 'failed')),
  attempts INTEGER NOT NULL,
  cost_pico_usd INTEGER NOT NULL,
  cost_squares REAL NOT NULL,
  PRIMARY KEY (batch, outcome)
) STRICT, WITHOUT ROWID;

CREATE TABLE row_attempts (
  id INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  error_code TEXT,
  error_message TEXT,
  started_at INTEGER,
  ended_at INTEGER,
  processing_ms REAL,
  PRIMARY KEY (id, attempt)
) STRICT, WITHOUT ROWID;
`;
