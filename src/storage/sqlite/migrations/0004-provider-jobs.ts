/**
 * Jobs of providers' batch APIs.
 *
 * - A row whose next model call is in a job stays `running` and names the job and the turn. So no process claims it or
 *   treats it as a row whose owner died. The index has only the rows in jobs; other rows have no cost.
 * - `provider_jobs` is small: a job has thousands of rows.
 * - `standard_pico_usd` is what an answer from a job would have cost in real time; null for every other answer.
 */
export const PROVIDER_JOBS = `
CREATE TABLE provider_jobs (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  batch INTEGER NOT NULL REFERENCES batches (key),
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  state TEXT NOT NULL,
  provider_job_id TEXT,
  requests INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  answered INTEGER NOT NULL,
  refused INTEGER NOT NULL,
  missing INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  submitted_at INTEGER,
  ended_at INTEGER,
  error TEXT
) STRICT;
CREATE INDEX provider_jobs_batch ON provider_jobs (batch);

ALTER TABLE row_states ADD COLUMN job INTEGER;
ALTER TABLE row_states ADD COLUMN job_turn INTEGER;
CREATE INDEX row_states_job ON row_states (job) WHERE job IS NOT NULL;

ALTER TABLE journal_answers ADD COLUMN standard_pico_usd INTEGER;
ALTER TABLE batch_totals ADD COLUMN batch_calls INTEGER NOT NULL DEFAULT 0;
ALTER TABLE batch_totals ADD COLUMN discount_pico_usd INTEGER NOT NULL DEFAULT 0;
`;
