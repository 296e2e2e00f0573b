/**
 * Requests with an idempotency key, by caller, and their answers (JSON; null while one is being carried out, until
 * `busy_until`).
 */
export const IDEMPOTENCY = `
CREATE TABLE idempotent_requests (
  caller TEXT NOT NULL,
  key TEXT NOT NULL,
  digest TEXT NOT NULL,
  answer TEXT,
  busy_until INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (caller, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotent_requests_by_expiry ON idempotent_requests (expires_at);
`;
