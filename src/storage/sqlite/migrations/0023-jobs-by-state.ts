/**
 * Indexes of jobs: those of an owner, those that ended without a row, those of a batch with a callback, and the batches
 * of jobs. `deliveries_over` has those that were delivered or are dead, `deliveries_dead` only the latter.
 */
export const JOBS_BY_STATE = `
CREATE INDEX jobs_owner ON jobs (owner, key);
CREATE INDEX jobs_ending ON jobs (ending, key) WHERE ending IS NOT NULL;
CREATE INDEX jobs_callback ON jobs (row) WHERE callback_url IS NOT NULL AND row IS NOT NULL;
CREATE INDEX batches_of_jobs ON batches (key) WHERE queue IS NOT NULL;
CREATE INDEX deliveries_over ON deliveries (next_at) WHERE state > 0;
CREATE INDEX deliveries_dead ON deliveries (key) WHERE state = 2;
`;
