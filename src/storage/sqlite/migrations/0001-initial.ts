/**
 * The first schema.
 *
 * - A row's id is `batch * 2^32 + row`: an integer key keeps a batch's rows together and in order, half the size of a
 *   compound key, and safe in a JavaScript number for two million batches of four billion rows.
 * - The loaded part of a row (`row_sources`) is written once. The changing part (`row_states`) is small, so that
 *   claiming a row with a long cell doesn't rewrite the cell. Likewise the lease and the totals of a batch have their
 *   own tables.
 * - Row status: 0 queued, 1 running, 2 succeeded, 3 failed. An index entry ends in the row's id, so `(status)` is
 *   `(status, batch, row)`. Its check avoids `IN`: SQLite builds a table for `IN` at each write, which took half the
 *   time of an insert. Older databases have an `IN` check with the same meaning.
 * - Money is in pico-dollars, as integers: a token can cost a fraction of a micro-dollar, and sums must be exact.
 * - The journal is append-only: an answer is a separate record, so an entry's request is not written twice. An entry's
 *   open sends are `sends - refusals - (answered ? 1 : 0)`.
 */
export const INITIAL = `
CREATE TABLE batches (
  key INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  status TEXT NOT NULL,
  pause_reason TEXT,
  error TEXT,
  ending TEXT,
  control TEXT,
  idempotency_key TEXT UNIQUE,
  plan TEXT NOT NULL,
  columns TEXT,
  load_warnings TEXT NOT NULL,
  row_limit INTEGER,
  output TEXT,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  ended_at INTEGER,
  active_ms INTEGER NOT NULL,
  active_since INTEGER
) STRICT;
CREATE INDEX batches_active ON batches (key)
  WHERE status IN ('created', 'validating', 'loading', 'running', 'aggregating');

CREATE TABLE batch_leases (
  batch INTEGER PRIMARY KEY REFERENCES batches (key),
  epoch INTEGER NOT NULL,
  owner TEXT,
  heartbeat_at INTEGER,
  heartbeat_uptime_ms INTEGER
) STRICT;

CREATE TABLE batch_totals (
  batch INTEGER PRIMARY KEY REFERENCES batches (key),
  rows INTEGER NOT NULL DEFAULT 0,
  queued INTEGER NOT NULL DEFAULT 0 CHECK (queued >= 0),
  running INTEGER NOT NULL DEFAULT 0 CHECK (running >= 0),
  succeeded INTEGER NOT NULL DEFAULT 0,
  failed INTEGER NOT NULL DEFAULT 0 CHECK (failed >= 0),
  model_calls INTEGER NOT NULL DEFAULT 0,
  tool_calls INTEGER NOT NULL DEFAULT 0,
  input_tokens INTEGER NOT NULL DEFAULT 0,
  output_tokens INTEGER NOT NULL DEFAULT 0,
  cache_write_tokens INTEGER NOT NULL DEFAULT 0,
  cache_read_tokens INTEGER NOT NULL DEFAULT 0,
  cost_pico_usd INTEGER NOT NULL DEFAULT 0,
  unpriced_calls INTEGER NOT NULL DEFAULT 0,
  open_calls INTEGER NOT NULL DEFAULT 0 CHECK (open_calls >= 0),
  open_worst_pico_usd INTEGER NOT NULL DEFAULT 0 CHECK (open_worst_pico_usd >= 0),
  CHECK (rows = queued + running + succeeded + failed)
) STRICT;

CREATE TABLE batch_failures (
  batch INTEGER NOT NULL REFERENCES batches (key),
  code TEXT NOT NULL,
  count INTEGER NOT NULL CHECK (count >= 0),
  PRIMARY KEY (batch, code)
) STRICT, WITHOUT ROWID;

CREATE TABLE row_sources (
  id INTEGER PRIMARY KEY,
  line INTEGER NOT NULL,
  cells TEXT NOT NULL,
  raw_text TEXT
) STRICT;

CREATE TABLE row_states (
  id INTEGER PRIMARY KEY,
  status INTEGER NOT NULL CHECK (status BETWEEN 0 AND 3),
  attempt INTEGER NOT NULL,
  claims INTEGER NOT NULL,
  input TEXT,
  output TEXT,
  error_code TEXT,
  error_message TEXT,
  started_at INTEGER,
  ended_at INTEGER,
  processing_ms REAL
) STRICT;
CREATE INDEX row_states_status ON row_states (status);
CREATE INDEX row_states_failed ON row_states (error_code) WHERE status = 3;

CREATE TABLE journal_entries (
  id INTEGER PRIMARY KEY,
  run TEXT NOT NULL,
  turn INTEGER NOT NULL,
  call INTEGER NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  request TEXT NOT NULL,
  idempotent INTEGER NOT NULL,
  worst_pico_usd INTEGER,
  at INTEGER NOT NULL,
  sends INTEGER NOT NULL,
  refusals INTEGER NOT NULL,
  UNIQUE (run, turn, call)
) STRICT;

CREATE TABLE journal_answers (
  entry INTEGER PRIMARY KEY REFERENCES journal_entries (id),
  response TEXT NOT NULL,
  usage TEXT,
  cost_pico_usd INTEGER,
  request_id TEXT,
  at INTEGER NOT NULL
) STRICT;

CREATE TABLE conversations (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  agent TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  message_count INTEGER NOT NULL,
  open_run TEXT
) STRICT;
CREATE INDEX conversations_updated ON conversations (updated_at);

CREATE TABLE conversation_messages (
  conversation INTEGER NOT NULL REFERENCES conversations (key),
  position INTEGER NOT NULL,
  message TEXT NOT NULL,
  PRIMARY KEY (conversation, position)
) STRICT;
`;
