import { AppError } from '../../base/errors.ts';
import { encodingOf } from '../reading.ts';
import { byteOrderMark, utf16WithoutMark } from './encoding/unicode.ts';
import { KNOWN_EXTENSIONS } from './format.ts';

/** File types that are certain from the first bytes, and the fix for each. */
const MAGIC: readonly { bytes: string; what: string; fix: string }[] = [
  { bytes: 'PK\x03\x04', what: 'a ZIP archive or an Excel workbook', fix: 'unpack it, or name a workbook .xlsx' },
  { bytes: '\xd0\xcf\x11\xe0', what: 'an old Excel workbook', fix: 'save it as .xlsx' },
  { bytes: 'PAR1', what: 'Parquet', fix: 'name it .parquet' },
  { bytes: '%PDF', what: 'a PDF', fix: 'extract its table as CSV' },
  { bytes: 'SQLite format 3', what: 'a SQLite database', fix: 'export the table as CSV' },
  { bytes: 'BZh', what: 'bzip2-compressed', fix: 'unpack it, or use gzip' },
  { bytes: '\xfd7zXZ', what: 'xz-compressed', fix: 'unpack it, or use gzip' },
  { bytes: 'Obj\x01', what: 'Avro', fix: 'convert it to CSV or JSONL' },
];

/** Extensions of formats that are or might be text, but that Rowmill can't read. */
const FOREIGN = new Set(['.xls', '.xlsb', '.ods', '.avro', '.orc', '.pdf', '.docx', '.xml', '.html', '.zip']);

/**
 * Refuses a file that is not a text table.
 * @throws AppError `not_a_table`, or `format_unsupported` where the name or content is another known format
 */
export function refuseWhatIsNoTable(
  head: Buffer,
  file: { encoding: string | undefined; extension: string; uri: string },
): void {
  const start = head.toString('latin1', 0, 16);
  const magic = MAGIC.find(({ bytes }) => start.startsWith(bytes));
  if (magic !== undefined && (magic.bytes !== 'BZh' || hasControlBytes(head))) {
    throw new AppError('not_a_table', `${file.uri} is ${magic.what}, not a text table: ${magic.fix}.`);
  }
  if (FOREIGN.has(file.extension)) {
    throw new AppError(
      'format_unsupported',
      `${file.uri}: ${file.extension} is not supported; use ${KNOWN_EXTENSIONS}.`,
    );
  }
  const encoding = encodingOf(file.encoding ?? '') ?? byteOrderMark(head)?.encoding ?? utf16WithoutMark(head);
  const isUtf16 = encoding?.startsWith('utf-16') === true;
  if (!isUtf16 && hasControlBytes(head)) {
    throw new AppError(
      'not_a_table',
      `${file.uri} holds binary data${zeroByte(head)}, not a text table; use ${KNOWN_EXTENSIONS}. ` +
        'If it is text in UTF-16, give --encoding utf-16le or utf-16be (reading.encoding).',
    );
  }
  if (/^(\xef\xbb\xbf)?\s*<(!doctype|html|\?xml)/i.test(head.toString('latin1', 0, 256))) {
    throw new AppError('not_a_table', `${file.uri} is a web page or XML, not a table: download the table itself.`);
  }
}

/** Odd bytes that even a short text may hold, such as the 0x1A at the end of files of DOS. */
const FEW = 4;

/** Whether there is a NUL byte, or more than 1 in 100 bytes never occur in text. */
function hasControlBytes(head: Buffer): boolean {
  let strange = 0;
  for (const byte of head) {
    if (byte === 0) return true;
    if (byte < 9 || (byte > 13 && byte < 32 && byte !== 27)) strange += 1;
  }
  return strange > Math.max(FEW, head.length / 100);
}

/** The place of the first NUL byte: a single one is easily removed. */
function zeroByte(head: Buffer): string {
  const at = head.indexOf(0);
  if (at === -1) return '';
  const line = head.subarray(0, at).filter((byte) => byte === 10).length + 1;
  return ` (a NUL byte on line ${line})`;
}
