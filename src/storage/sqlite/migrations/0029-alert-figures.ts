/**
 * What an alert measured, the limit that it is over, and the batch that it is about. An alert that a person has closed is
 * over for them; its condition may go on, so it keeps its place in `alerts_open` until that ends.
 */
export const ALERT_FIGURES = `
ALTER TABLE alerts ADD COLUMN value REAL;
ALTER TABLE alerts ADD COLUMN threshold REAL;
ALTER TABLE alerts ADD COLUMN batch TEXT;
ALTER TABLE alerts ADD COLUMN closed_at INTEGER;
ALTER TABLE alerts ADD COLUMN closed_by TEXT;
`;
