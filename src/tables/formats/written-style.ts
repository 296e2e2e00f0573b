import { AppError } from '../../base/errors.ts';
import type { WrittenStyle } from '../row-writer.ts';
import { type FormatName, writtenFormat } from './format.ts';

type Style = keyof WrittenStyle;

const OPTIONS: { [style in Style]: string } = {
  spreadsheetSafe: '--spreadsheet-safe (options.spreadsheet_safe)',
  bom: '--bom (options.bom)',
  delimiter: '--out-delimiter (options.out_delimiter)',
};

/** What a format can have; for all others neutralised texts alone. */
const TAKES: { [format in FormatName]?: readonly Style[] } = {
  csv: ['spreadsheetSafe', 'bom', 'delimiter'],
  tsv: ['spreadsheetSafe', 'bom'],
};

/**
 * Refuses a style that a format can't have, because an option is never ignored.
 * @throws AppError `option_not_supported`, and as `writtenFormat`
 */
export function checkStyle(fileName: string, style: WrittenStyle, uri: string): void {
  const { format } = writtenFormat(fileName, uri);
  refuseOthers(style, TAKES[format] ?? ['spreadsheetSafe'], `${uri} is ${format.toUpperCase()}, which`);
}

/**
 * Refuses every style of a place that keeps records: it has no text of a table.
 * @throws AppError `option_not_supported`
 */
export function checkRecordsStyle(style: WrittenStyle, uri: string): void {
  refuseOthers(style, [], `${uri} keeps a record for each row, which`);
}

function refuseOthers(style: WrittenStyle, taken: readonly Style[], what: string): void {
  const given = (Object.keys(OPTIONS) as Style[]).filter((one) => style[one] !== undefined && style[one] !== false);
  const refused = given.filter((one) => !taken.includes(one)).map((one) => OPTIONS[one]);
  if (refused.length === 0) return;
  const text = `The output ${what} has no ${refused.join(' and no ')}`;
  throw new AppError('option_not_supported', `${text}: leave it out, or name the output .csv.`);
}
