/**
 * Files that clients sent, and batch requests in the making.
 *
 * - `uploads.reserved` counts against the limit of all uploads until the size is known; then it is the size.
 * - An upload is kept while a draft, or a batch that has not ended, names it: their texts are searched for its id, which
 *   needs no column in either, and uploads are rarely removed.
 */
export const UPLOADS_AND_DRAFTS = `
CREATE TABLE uploads (
  key INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  owner TEXT NOT NULL,
  bytes INTEGER,
  reserved INTEGER NOT NULL,
  sha256 TEXT,
  created_at INTEGER NOT NULL,
  used_at INTEGER NOT NULL,
  completed_at INTEGER
) STRICT;
CREATE INDEX uploads_used ON uploads (used_at);

CREATE TABLE drafts (
  key INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  owner TEXT NOT NULL,
  name TEXT,
  request TEXT NOT NULL,
  revision INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX drafts_of_owner ON drafts (owner, key);
`;
