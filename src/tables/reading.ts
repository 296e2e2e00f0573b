import { normalizeEncoding } from '@exodus/bytes/encoding-lite.js';
import { AppError } from '../base/errors.ts';

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
  /** Of a collection: the rows that are read, as a filter of the database in JSON. */
  filter?: string;
  /** Of a collection: the order in which rows are read, as JSON: `{"priority": -1}`. */
  sort?: string;
  /** Of a collection: the dotted paths that are columns. */
  columns?: readonly string[];
  /** Of a collection: at most this many rows. */
  limit?: number;
  /** Of a collection: rows that are claimed together. */
  batchSize?: number;
  /** Of a collection: rows that were claimed this often are left. */
  maxAttempts?: number;
  /** Of a collection: rows that are added later are read too, and reading has no end. */
  watch?: boolean;
}

/** An option by its flag and by its name in the contract. */
export const READING_NAMES: Readonly<Record<keyof Reading, string>> = {
  delimiter: '--delimiter (reading.delimiter)',
  encoding: '--encoding (reading.encoding)',
  header: '--no-header (reading.header)',
  skipLines: '--skip-lines (reading.skip_lines)',
  quote: '--quote (reading.quote)',
  escape: '--escape (reading.escape)',
  comment: '--comment (reading.comment)',
  decimalComma: '--decimal-comma (reading.decimal_comma)',
  sheet: '--sheet (reading.sheet)',
  filter: '--filter (reading.filter)',
  sort: '--sort (reading.sort)',
  columns: '--columns (reading.columns)',
  limit: '--limit (reading.limit)',
  batchSize: '--batch-size (reading.batch_size)',
  maxAttempts: '--max-attempts (reading.max_attempts)',
  watch: '--watch (reading.watch)',
};

/**
 * Refuses options that have no meaning for a source, because an option is never ignored.
 * @param place the source, as the start of a sentence: "a.json is JSON"
 * @throws AppError `option_not_supported`
 */
export function checkReading(reading: Reading, takes: readonly (keyof Reading)[], place: string): void {
  const extra = (Object.keys(reading) as (keyof Reading)[]).filter((name) => !takes.includes(name));
  if (extra.length === 0) return;
  const names = extra.map((name) => READING_NAMES[name]).join(', ');
  throw new AppError('option_not_supported', `${place}, which does not take ${names}: leave it out.`);
}

/** The name of an encoding by any label of the WHATWG Encoding Standard; undefined for an unknown label. */
export function encodingOf(label: string): string | undefined {
  const name = normalizeEncoding(label) ?? undefined;
  // "replacement" stands for encodings that the standard forbids to read.
  return name === 'replacement' ? undefined : name;
}
