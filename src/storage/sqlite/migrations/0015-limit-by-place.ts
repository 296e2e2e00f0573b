/**
 * Samples that are spread over a table. With `limit_by_place`, `batches.row_limit` limits the places of rows instead of
 * their numbers: only rows with a place below it are claimed.
 */
export const LIMIT_BY_PLACE = `
ALTER TABLE batches ADD COLUMN limit_by_place INTEGER NOT NULL DEFAULT 0;
`;
