/** An index of the jobs that have a row, by priority: the screen of queues counts them. */
export const JOBS_BY_PRIORITY = `
CREATE INDEX jobs_priority ON jobs (priority, row) WHERE row IS NOT NULL;
`;
