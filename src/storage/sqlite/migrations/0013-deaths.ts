/**
 * Owners that died: how many in a row died under a batch without progress in between, and the progress (ended rows and
 * answered model calls) that the last of them had reached.
 */
export const DEATHS = `
ALTER TABLE batch_leases ADD COLUMN deaths INTEGER NOT NULL DEFAULT 0;
ALTER TABLE batch_leases ADD COLUMN progress_at_death INTEGER;
`;
