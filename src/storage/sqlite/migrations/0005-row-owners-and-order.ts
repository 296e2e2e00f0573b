/**
 * The owners of running rows, and the order of queued rows.
 *
 * - `row_states.owner` is the owner that claimed a row; null is the process that holds the batch's lease. It is valid
 *   only while the row is running, so it is never cleared. Running rows are few, so it has no index.
 * - `row_states.place` puts a queued row before those without one; `held` keeps a row from being claimed.
 * - `batches.picks_rows` marks a batch that has used `place` or `held`. Claims of every other batch are still range
 *   scans, and its rows are not in the index.
 * - `id >> 32` is the key of a row's batch; see the first migration.
 * - Each new column of `row_states` makes SQLite check the table once, because it is STRICT: about 2 s of CPU time
 *   for a million rows in total, once.
 */
export const ROW_OWNERS_AND_ORDER = `
ALTER TABLE row_states ADD COLUMN owner TEXT;
ALTER TABLE row_states ADD COLUMN place INTEGER;
ALTER TABLE row_states ADD COLUMN held INTEGER;
CREATE INDEX row_states_place ON row_states (id >> 32, place) WHERE place IS NOT NULL AND held IS NULL AND status = 0;

ALTER TABLE batches ADD COLUMN picks_rows INTEGER NOT NULL DEFAULT 0;
`;
