/**
 * Sources that are loaded while their rows run, and rows that are delivered as they end.
 *
 * - A row may have a key, unique in its batch (`id >> 32` is the batch). The index has only the rows with a key. Adding
 *   the column reads the table once, because it is STRICT.
 * - `batches.intake` is a document: whether the source is exhausted, and the row count that it reported. Null for a
 *   source that is loaded before its rows run.
 * - `row_outbox` has the ended rows that are not delivered yet, of batches that deliver.
 */
export const ROW_KEYS = `
ALTER TABLE row_sources ADD COLUMN key TEXT;
CREATE UNIQUE INDEX row_sources_key ON row_sources (id >> 32, key) WHERE key IS NOT NULL;

ALTER TABLE batches ADD COLUMN intake TEXT;
ALTER TABLE batches ADD COLUMN delivers INTEGER NOT NULL DEFAULT 0;

CREATE TABLE row_outbox (
  id INTEGER PRIMARY KEY
) STRICT;
`;
