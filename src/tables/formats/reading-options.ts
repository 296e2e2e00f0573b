import { AppError } from '../../base/errors.ts';
import type { Reading } from '../reading.ts';
import type { FormatName } from './format.ts';

const CSV: readonly (keyof Reading)[] = [
  'delimiter',
  'encoding',
  'header',
  'skipLines',
  'quote',
  'escape',
  'comment',
  'decimalComma',
];

/** The reading options that each format takes. */
const TAKES: Readonly<Record<FormatName, readonly (keyof Reading)[]>> = {
  csv: CSV,
  tsv: CSV,
  jsonl: ['encoding', 'decimalComma'],
  json: ['encoding', 'decimalComma'],
  parquet: ['decimalComma'],
  xlsx: ['sheet', 'header', 'skipLines', 'decimalComma'],
};

/** The option by its flag and by its name in the contract. */
const NAMES: Readonly<Record<keyof Reading, string>> = {
  delimiter: '--delimiter (reading.delimiter)',
  encoding: '--encoding (reading.encoding)',
  header: '--no-header (reading.header)',
  skipLines: '--skip-lines (reading.skip_lines)',
  quote: '--quote (reading.quote)',
  escape: '--escape (reading.escape)',
  comment: '--comment (reading.comment)',
  decimalComma: '--decimal-comma (reading.decimal_comma)',
  sheet: '--sheet (reading.sheet)',
};

/**
 * Refuses options that have no meaning for a format, because an option is never ignored.
 * @throws AppError `option_not_supported`
 */
export function checkReading(reading: Reading, format: FormatName, uri: string): void {
  const extra = (Object.keys(reading) as (keyof Reading)[]).filter((name) => !TAKES[format].includes(name));
  if (extra.length === 0) return;
  const names = extra.map((name) => NAMES[name]).join(', ');
  throw new AppError(
    'option_not_supported',
    `${uri} is ${format.toUpperCase()}, which does not take ${names}: leave it out.`,
  );
}
