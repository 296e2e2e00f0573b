import { normalizeEncoding } from '@exodus/bytes/encoding-lite.js';

/**
 * How a table is to be read. Every field that is missing is detected, or has the default of its format.
 */
export interface Reading {
  /** The text between two fields. */
  delimiter?: string;
  /** A label of the WHATWG Encoding Standard. */
  encoding?: string;
  /** Whether the first record names the columns. Without a header, the columns are `column_1`, `column_2`, … */
  header?: boolean;
  /** Number of lines to leave out before the header, or before the rows where there is no header. */
  skipLines?: number;
  /** The character around fields; empty: fields are not quoted. */
  quote?: string;
  /** The character before a quote that is text inside a quoted field. */
  escape?: string;
  /** Lines that start with this text are left out. */
  comment?: string;
  /** Numbers are written with a decimal comma. Cells keep their text. */
  decimalComma?: boolean;
  /** The sheet of a workbook. */
  sheet?: string;
}

/** The name of an encoding by any label of the WHATWG Encoding Standard; undefined for an unknown label. */
export function encodingOf(label: string): string | undefined {
  const name = normalizeEncoding(label) ?? undefined;
  // "replacement" stands for encodings that the standard forbids to read.
  return name === 'replacement' ? undefined : name;
}
