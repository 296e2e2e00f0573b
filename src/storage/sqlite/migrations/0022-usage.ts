/**
 * What calls and rows cost over time.
 *
 * - `usage_series` has one line for each batch, model and way of its calls. Batch 0: calls outside of batches. A way
 *   `row` counts the ends of rows; its model is empty. The line stays when the batch is removed.
 * - `usage_buckets` has the sums of one series in one minute, hour or day (`seconds`), by UTC. `at` is the start of the
 *   bucket. Each call is in exactly one bucket: minutes are moved into hours, hours into days.
 * - What older batches spent is known by batch only: it is in the day in which the batch ended, or was created. These
 *   statements read the tables of batches and bills, not those of rows or calls.
 */
export const USAGE = `
CREATE TABLE usage_series (
  key INTEGER PRIMARY KEY,
  batch INTEGER NOT NULL,
  batch_id TEXT NOT NULL,
  agent TEXT NOT NULL,
  model TEXT NOT NULL,
  way TEXT NOT NULL,
  UNIQUE (batch, model, way)
) STRICT;

CREATE TABLE usage_buckets (
  seconds INTEGER NOT NULL,
  at INTEGER NOT NULL,
  series INTEGER NOT NULL REFERENCES usage_series (key),
  calls INTEGER NOT NULL,
  unpriced_calls INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL,
  cache_read_tokens INTEGER NOT NULL,
  cost_pico_usd INTEGER NOT NULL,
  saved_pico_usd INTEGER NOT NULL,
  rows_succeeded INTEGER NOT NULL,
  rows_failed INTEGER NOT NULL,
  PRIMARY KEY (seconds, at, series)
) STRICT, WITHOUT ROWID;

INSERT INTO usage_series (batch, batch_id, agent, model, way)
  SELECT b.key, b.id, coalesce(json_extract(b.plan, '$.agent.name'), ''), i.model, 'realtime'
  FROM batch_bills i JOIN batches b ON b.key = i.batch;
INSERT INTO usage_buckets
  SELECT 86400, coalesce(b.ended_at, b.created_at) / 86400000 * 86400000, s.key, i.calls, i.unpriced_calls,
    i.input_tokens, i.output_tokens, i.cache_write_tokens, i.cache_read_tokens,
    i.input_pico_usd + i.output_pico_usd + i.cache_write_pico_usd + i.cache_read_pico_usd, 0, 0, 0
  FROM usage_series s JOIN batch_bills i ON i.batch = s.batch AND i.model = s.model JOIN batches b ON b.key = s.batch;

INSERT INTO usage_series (batch, batch_id, agent, model, way)
  SELECT b.key, b.id, coalesce(json_extract(b.plan, '$.agent.name'), ''), '', w.way
  FROM batches b JOIN batch_totals t ON t.batch = b.key
  JOIN (SELECT 'batch' AS way UNION ALL SELECT 'cache' UNION ALL SELECT 'row' UNION ALL SELECT 'realtime') w
  WHERE CASE w.way WHEN 'batch' THEN t.discount_pico_usd <> 0 WHEN 'cache' THEN t.cached_calls > 0
    WHEN 'row' THEN t.succeeded + t.failed > 0
    ELSE t.cost_pico_usd <> (SELECT coalesce(sum(input_pico_usd + output_pico_usd + cache_write_pico_usd
      + cache_read_pico_usd), 0) FROM batch_bills WHERE batch = b.key) END;
INSERT INTO usage_buckets
  SELECT 86400, coalesce(b.ended_at, b.created_at) / 86400000 * 86400000, s.key,
    iif(s.way = 'cache', t.cached_calls, 0), 0, 0, 0, 0, 0,
    iif(s.way = 'realtime', t.cost_pico_usd - (SELECT coalesce(sum(input_pico_usd + output_pico_usd
      + cache_write_pico_usd + cache_read_pico_usd), 0) FROM batch_bills WHERE batch = b.key), 0),
    CASE s.way WHEN 'batch' THEN t.discount_pico_usd WHEN 'cache' THEN t.saved_pico_usd ELSE 0 END,
    iif(s.way = 'row', t.succeeded, 0), iif(s.way = 'row', t.failed, 0)
  FROM usage_series s JOIN batches b ON b.key = s.batch JOIN batch_totals t ON t.batch = s.batch WHERE s.model = '';
`;
