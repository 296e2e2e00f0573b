/** How a CSV file is written. Its text is already UTF-8. */
export interface CsvDialect {
  delimiter: Buffer;
  /** An ASCII byte, or -1 where fields are never quoted. */
  quoteByte: number;
  /** The byte before a quote that is text in a quoted field; the quote itself where it is doubled. */
  escapeByte: number;
  /**
   * `lf`: lines end in `\n`, `\r\n` or `\r\r\n`, and another carriage return is text. `any`: a carriage return ends a line
   * too.
   */
  lineEnds: 'lf' | 'any';
  /** Lines that start with it are left out. */
  comment?: Buffer | undefined;
  /** Expected number of fields of a record; 0 while the header is not known. */
  columnCount: number;
}
