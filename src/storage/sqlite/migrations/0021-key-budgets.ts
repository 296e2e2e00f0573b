/**
 * What the batches of keys with a budget spend a day. `batches.budget_key` is the id of such a key; null for every other
 * batch, whose calls are not counted here. `key_day_spending` is as `day_spending`, for each key. Adding the column
 * reads the table of batches once; rows are in other tables.
 */
export const KEY_BUDGETS = `
ALTER TABLE batches ADD COLUMN budget_key TEXT;

CREATE TABLE key_day_spending (
  key TEXT NOT NULL,
  day TEXT NOT NULL,
  cost_pico_usd INTEGER NOT NULL,
  open_pico_usd INTEGER NOT NULL,
  PRIMARY KEY (key, day)
) STRICT, WITHOUT ROWID;
`;
