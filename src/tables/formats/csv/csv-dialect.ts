/** How a CSV file is written, as bytes. The text is already UTF-8, and each of these characters is one ASCII byte. */
export interface CsvDialect {
  delimiterByte: number;
  quoteByte: number;
  /** The last byte of a line end: LF (also for `\r\n`), or CR where the file has no LF. */
  lineEndByte: number;
  /** Expected number of fields of a record; 0 while the header is not known. */
  columnCount: number;
}
