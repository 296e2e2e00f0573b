/**
 * Who clients are, and what they did.
 *
 * - `access_keys` has the digests of keys; a revoked key stays, for the audit log.
 * - `access_sessions` has the browsers that signed in with a key.
 * - `audit_log` has what was about to be done, `audit_outcomes` how it ended. Nothing in them changes.
 */
export const ACCESS = `
CREATE TABLE access_keys (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  digest TEXT NOT NULL UNIQUE,
  scopes TEXT NOT NULL,
  owner TEXT,
  budget_micro_usd REAL,
  requests_per_minute INTEGER,
  created_at INTEGER NOT NULL,
  used_at INTEGER,
  revoked_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX access_keys_by_name ON access_keys (name) WHERE revoked_at IS NULL;

CREATE TABLE access_sessions (
  digest TEXT PRIMARY KEY,
  caller TEXT NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_log (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  caller_id TEXT NOT NULL,
  caller_name TEXT NOT NULL,
  face TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT,
  details TEXT
) STRICT;

CREATE TABLE audit_outcomes (
  entry INTEGER PRIMARY KEY REFERENCES audit_log (id),
  at INTEGER NOT NULL,
  code TEXT
) STRICT;

CREATE TRIGGER audit_log_keeps BEFORE UPDATE ON audit_log BEGIN SELECT raise(ABORT, 'the audit log only grows'); END;
CREATE TRIGGER audit_log_stays BEFORE DELETE ON audit_log BEGIN SELECT raise(ABORT, 'the audit log only grows'); END;
CREATE TRIGGER audit_outcomes_keep BEFORE UPDATE ON audit_outcomes
  BEGIN SELECT raise(ABORT, 'the audit log only grows'); END;
CREATE TRIGGER audit_outcomes_stay BEFORE DELETE ON audit_outcomes
  BEGIN SELECT raise(ABORT, 'the audit log only grows'); END;
`;
