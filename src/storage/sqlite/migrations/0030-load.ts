/**
 * How long model calls took, and how much waited.
 *
 * - `call_times` counts the calls in real time of one minute, hour or day (`seconds`) by the class of their time
 *   (base/time-sizes.ts).
 * - `waiting_samples` has the most that waited at a sample of the period: jobs, rows of active batches, and the age of
 *   the oldest job. Without a line no server ran.
 */
export const LOAD = `
CREATE TABLE call_times (
  seconds INTEGER NOT NULL,
  at INTEGER NOT NULL,
  size INTEGER NOT NULL,
  calls INTEGER NOT NULL,
  PRIMARY KEY (seconds, at, size)
) STRICT, WITHOUT ROWID;

CREATE TABLE waiting_samples (
  seconds INTEGER NOT NULL,
  at INTEGER NOT NULL,
  jobs INTEGER NOT NULL,
  rows INTEGER NOT NULL,
  oldest_ms INTEGER NOT NULL,
  PRIMARY KEY (seconds, at)
) STRICT, WITHOUT ROWID;
`;
