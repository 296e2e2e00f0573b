/**
 * The tables that Rowmill wrote, and the places where unended batches will write theirs.
 *
 * - `written_tables` has a row for each table, by its place and, for files, by a mark that stays when the file is renamed.
 *   A folder or a pattern leaves these tables out. The outputs of older batches are known by their place.
 * - `batches.reserves` is the output URI of a batch: no two batches that have not ended write to one place. Null in
 *   batches of older versions.
 */
export const WRITTEN_TABLES = `
CREATE TABLE written_tables (
  place TEXT PRIMARY KEY,
  mark TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX written_tables_mark ON written_tables (mark) WHERE mark IS NOT NULL;

INSERT OR IGNORE INTO written_tables (place)
  SELECT iif(uri LIKE '%://%', uri, 'file:' || uri)
  FROM (SELECT json_extract(output, '$.uri') AS uri FROM batches WHERE output IS NOT NULL)
  WHERE uri IS NOT NULL;

ALTER TABLE batches ADD COLUMN reserves TEXT;
CREATE INDEX batches_reserves ON batches (reserves) WHERE reserves IS NOT NULL;
`;
