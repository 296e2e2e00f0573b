/** A table that Rowmill wrote. */
export interface WrittenTable {
  /** The same for every URI of one place. */
  place: string;
  /** The same for a file after it was renamed; null where places don't give one, and before the table is complete. */
  mark: string | null;
  /** The batch whose table it is; null before the table is complete. */
  batchId: string | null;
}

/** The tables that batches and exports wrote, also of batches that are removed. The contract of `storage/store.ts` holds. */
export interface WrittenStore {
  recordWritten(table: WrittenTable): Promise<void>;
  /** The places among `tables` that Rowmill wrote, by place or by mark. */
  findWritten(tables: readonly Pick<WrittenTable, 'place' | 'mark'>[]): Promise<ReadonlySet<string>>;
  /** The batch whose table was the last to be completed at a place; null where none is known. */
  readWriter(place: string): Promise<string | null>;
}
