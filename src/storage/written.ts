/** A table that Rowmill wrote. */
export interface WrittenTable {
  /** The same for every URI of one place. */
  place: string;
  /** The same for a file after it was renamed; null where places don't give one, and before the table is complete. */
  mark: string | null;
}

/** The tables that batches and exports wrote, also of batches that are removed. The contract of `storage/store.ts` holds. */
export interface WrittenStore {
  recordWritten(table: WrittenTable): Promise<void>;
  /** The places among `tables` that Rowmill wrote, by place or by mark. */
  findWritten(tables: readonly WrittenTable[]): Promise<ReadonlySet<string>>;
}
