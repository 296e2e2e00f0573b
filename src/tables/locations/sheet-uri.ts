import { AppError } from '../../base/errors.ts';
import type { Reading } from '../reading.ts';

/**
 * Splits `book.xlsx#Sheet2` or `upload://ID#Sheet2` into the workbook and the sheet. Any other URI has no sheet: a name
 * may contain `#`.
 */
export function splitSheet(uri: string): { uri: string; sheet: string | undefined } {
  const [, book, sheet] = /^(.+\.xls[xm]|upload:\/\/[^#]+)#(.+)$/is.exec(uri) ?? [];
  if (book === undefined || sheet === undefined) return { uri, sheet: undefined };
  return { uri: book, sheet: uri.startsWith('file:') ? decoded(sheet) : sheet };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * The reading of a URI with a sheet.
 * @throws AppError `invalid_arguments` when the option names another sheet
 */
export function readingWithSheet(reading: Reading, sheet: string | undefined): Reading {
  if (sheet === undefined) return reading;
  if (reading.sheet !== undefined && reading.sheet !== sheet) {
    const names = `"${sheet}" behind # and "${reading.sheet}" by --sheet (reading.sheet)`;
    throw new AppError('invalid_arguments', `Two sheets are named, ${names}: leave one out.`);
  }
  return { ...reading, sheet };
}
