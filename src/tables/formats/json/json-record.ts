/** The bytes of one record. `fault` says why they can't be read as one. */
export interface JsonRecord {
  bytes: Buffer;
  /** The line of the file on which the record starts, from 1. */
  line: number;
  fault?: string;
}
