/** Where the answer of an earlier row is found. */
export interface IndexedAnswer {
  /** The number of the row in its batch. */
  row: number;
  /** The digest of the input that it answers. */
  input: Uint8Array;
}

/** A temporary index of answers by digest, on disk, so that its memory does not grow with the number of rows. */
export interface AnswerIndex {
  /** Adds answers in one transaction. The first answer of a key stays. */
  add(answers: readonly (IndexedAnswer & { key: Uint8Array })[]): void;
  find(key: Uint8Array): IndexedAnswer | undefined;
  /** Marks a key as seen at a line; returns the line at which it was seen before, if any. */
  seen(key: Uint8Array, line: number): number | undefined;
  /** Deletes the index. Idempotent. */
  close(): void;
}

/** Opens temporary indexes. */
export interface AnswerIndexStore {
  openAnswerIndex(): Promise<AnswerIndex>;
}
