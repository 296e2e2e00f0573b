/**
 * The cache view, the retention of bodies, and removal.
 *
 * - `answer_hashes` maps the hash of a model request to an answer that a succeeded attempt got for it. It is written
 *   when a row succeeds, and only by batches that cache; other batches have no cost. Every answer in it may be reused,
 *   so a lookup never has to skip answers.
 * - `journal_cached` holds, for a model call that was not sent, the source of its answer and the source's original
 *   cost.
 * - A pruned body is an empty text, which is never valid JSON. `batches.prune_at` is when pruning is due.
 * - A removed batch leaves `batches` immediately; `removed_batches` lists the batches that are still to be swept.
 */
export const CACHE_AND_RETENTION = `
CREATE TABLE answer_hashes (
  entry INTEGER PRIMARY KEY,
  batch INTEGER NOT NULL,
  hash BLOB NOT NULL
) STRICT;
CREATE INDEX answer_hashes_hash ON answer_hashes (hash, batch);

CREATE TABLE journal_cached (
  entry INTEGER PRIMARY KEY,
  source_run TEXT NOT NULL,
  source_turn INTEGER NOT NULL,
  saved_pico_usd INTEGER
) STRICT;

ALTER TABLE batch_totals ADD COLUMN cached_calls INTEGER NOT NULL DEFAULT 0;
ALTER TABLE batch_totals ADD COLUMN saved_pico_usd INTEGER NOT NULL DEFAULT 0;
ALTER TABLE batch_totals ADD COLUMN unpriced_cached_calls INTEGER NOT NULL DEFAULT 0;

ALTER TABLE batches ADD COLUMN prune_at INTEGER;
CREATE INDEX batches_prune_at ON batches (prune_at) WHERE prune_at IS NOT NULL;

CREATE TABLE removed_batches (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL
) STRICT;
`;
