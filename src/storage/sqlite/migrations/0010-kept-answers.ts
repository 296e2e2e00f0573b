/**
 * Answers that a batch kept of an earlier one. `row_keepings` has a line for each row that was not run because an
 * earlier batch had answered the same input: `batch` and `row` say where. The earlier batch may be deleted; the answer
 * is in the row itself.
 */
export const KEPT_ANSWERS = `
CREATE TABLE row_keepings (
  id INTEGER PRIMARY KEY,
  batch TEXT NOT NULL,
  row INTEGER NOT NULL
) STRICT;
`;
