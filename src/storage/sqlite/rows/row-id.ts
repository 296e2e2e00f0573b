const SPAN = 2 ** 32;

/** The key of a row in `row_sources` and `row_states`; see the first migration. */
export function rowId(batch: number, row: number): number {
  return batch * SPAN + row;
}

/** The row's number in its batch. */
export function rowOf(id: number): number {
  return id % SPAN;
}

/** The ids of a batch's rows: from `first` (inclusive) to `end` (exclusive). */
export function idRange(batch: number, rowLimit: number | null = null): { first: number; end: number } {
  return { first: rowId(batch, 0), end: rowLimit === null ? rowId(batch + 1, 0) : rowId(batch, rowLimit) };
}
