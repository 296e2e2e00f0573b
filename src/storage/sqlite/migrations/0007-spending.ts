/**
 * What people agreed to spend, what was started without asking them, and what the calls of a day cost.
 *
 * - `spending_consents` has the questions to people. A question is used by one action (`used_by` is its key).
 * - `unasked_spending` has the expected costs of the last hour's starts without a question, in micro-dollars.
 * - `day_spending` has one row per day, in the time zone of the server: the cost of the answered calls that were sent
 *   on it, and the worst price of the sends without an answer, in pico-dollars. It is kept while a cap is set.
 */
export const SPENDING = `
CREATE TABLE spending_consents (
  token TEXT PRIMARY KEY,
  code TEXT NOT NULL UNIQUE,
  request TEXT NOT NULL,
  title TEXT NOT NULL,
  expected_micro_usd REAL,
  said TEXT,
  expires_at INTEGER NOT NULL,
  agreed_at INTEGER,
  used_by TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE unasked_spending (
  key TEXT PRIMARY KEY,
  batch TEXT NOT NULL,
  micro_usd REAL NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE day_spending (
  day TEXT PRIMARY KEY,
  cost_pico_usd INTEGER NOT NULL,
  open_pico_usd INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`;
