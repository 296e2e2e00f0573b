/** How a CSV file is written, as bytes: every encoding has become UTF-8 before, and each of these is one ASCII byte. */
export interface CsvDialect {
  delimiterByte: number;
  quoteByte: number;
  /** The last byte of a line end: LF (also for `\r\n`), or CR where the file has no LF. */
  lineEndByte: number;
  /** Fields that a record should have; 0 while the header is not known. */
  columnCount: number;
}
