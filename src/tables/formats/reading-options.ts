import { checkReading, type Reading } from '../reading.ts';
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

/**
 * Refuses options that have no meaning for a format, because an option is never ignored.
 * @throws AppError `option_not_supported`
 */
export function checkFormatReading(reading: Reading, format: FormatName, uri: string): void {
  checkReading(reading, TAKES[format], `${uri} is ${format.toUpperCase()}`);
}
