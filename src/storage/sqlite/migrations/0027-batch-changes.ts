/**
 * Each state that a batch entered, with its rows by status at that time. `number` counts from 1 in each batch. Batches
 * from before this table have lines from their next change on.
 */
export const BATCH_CHANGES = `
CREATE TABLE batch_changes (
  batch INTEGER NOT NULL REFERENCES batches (key),
  number INTEGER NOT NULL,
  at INTEGER NOT NULL,
  status TEXT NOT NULL,
  pause_reason TEXT,
  queued INTEGER NOT NULL,
  running INTEGER NOT NULL,
  succeeded INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  PRIMARY KEY (batch, number)
) STRICT, WITHOUT ROWID;
`;
