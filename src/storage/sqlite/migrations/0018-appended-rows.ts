/**
 * Batches that collect rows: the portions that were appended under a key, so that a repeated request appends nothing.
 * `digest` is of the portion, `first` the number of its first row.
 */
export const APPENDED_ROWS = `
CREATE TABLE row_appends (
  batch INTEGER NOT NULL REFERENCES batches (key),
  key TEXT NOT NULL,
  digest TEXT NOT NULL,
  first INTEGER NOT NULL,
  rows INTEGER NOT NULL,
  PRIMARY KEY (batch, key)
) STRICT, WITHOUT ROWID;
`;
