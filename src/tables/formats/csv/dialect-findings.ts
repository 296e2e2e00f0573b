import { decimalCommaOf } from '../../../base/json/decimal-comma.ts';
import type { Reading } from '../../reading.ts';
import type { TableWarning } from '../../row-source.ts';
import { type Findings, headerFindings, titleRecords } from '../header-findings.ts';
import type { CsvDialect } from './csv-dialect.ts';
import { type HeadRecord, type HeadRecords, headRecords, usualFields } from './head-records.ts';

/** The text of a file's head behind skipped lines, and how it is read. */
export interface FoundHead {
  text: string;
  dialect: CsvDialect;
  reading: Reading;
}

const COMMENT_STARTS = ['#', '//'];
/** Delimiters that are found only by looking for another one. */
const OTHER_DELIMITERS = [':', '^', '~', '\u{1}', '\u{1f}', '¦', '§', '¬', '||', ' '];

const DELIMITER = /[,;\t|]/;
/** UTF-8 of Latin letters and of typographic quotes and dashes, read as windows-1252 or ISO 8859-1. */
const DOUBLE_ENCODED = /[ÂÃ][\u0080-\u00bf]|â€[\u009c\u009d\u0093\u0094\u0098\u0099œ™“”˜]/;
/** A gap between columns that are aligned by spaces. */
const GAP = /\S {2,}(?=\S)/;

/** Looks for titles, comments, escapes, a missing header, other delimiters and decimal commas. */
export function dialectFindings(head: FoundHead): Findings {
  const { reading, dialect } = head;
  const found = headRecords(head.text, dialect);
  const skipped = reading.skipLines ?? 0;
  const findings: Findings = { warnings: [], suggested: {} };
  const note = (code: TableWarning['code'], suggested: Reading, message: string, line?: number): void => {
    findings.warnings.push({ code, message, ...(line !== undefined && { line: line + skipped }) });
    Object.assign(findings.suggested, suggested);
  };
  const usual = usualFields(found.records);
  if (reading.escape === undefined && head.text.includes('\\"') && escapesFit(head, found)) {
    note(
      'escaped_quotes',
      { escape: '\\' },
      "Quotes in fields seem to be written as \\\": give --escape '\\' (reading.escape).",
    );
  }
  const comment = reading.comment === undefined ? commentOf(found.records, usual.fields) : undefined;
  if (comment !== undefined) {
    const message = `Lines that start with ${comment.start} seem to be comments: give --comment '${comment.start}' (reading.comment).`;
    note('comment_lines', { comment: comment.start }, message, comment.line);
  }
  const records = found.records.filter(({ cells }) => comment === undefined || !cells[0]?.startsWith(comment.start));
  const header = headerFindings(records, { reading, skipped });
  findings.warnings.push(...header.warnings);
  Object.assign(findings.suggested, header.suggested);
  if (usual.fields <= 1) noteOneColumn(head, found, note);
  const formula = usual.fields === 0 ? undefined : formulaColumn(records.slice(1));
  if (formula !== undefined) {
    const message = `Column ${formula + 1} holds texts that are written as ="…" for spreadsheets. They are kept so: a column without them is understood better.`;
    note('formula_texts', {}, message);
  }
  if (DOUBLE_ENCODED.test(head.text)) {
    const message =
      'Some text looks as if UTF-8 had been read in another encoding and saved again, such as "Ã¼" for "ü". It is kept as it is: export the table again.';
    note('double_encoded', {}, message);
  }
  const column =
    reading.decimalComma === undefined
      ? decimalCommaColumn(records.slice(titleRecords(records, usual) + 1))
      : undefined;
  if (column !== undefined) {
    const message = `Column ${column + 1} holds numbers with a decimal comma, which are read as text: give --decimal-comma (reading.decimal_comma).`;
    note('decimal_commas', { decimalComma: true }, message);
  }
  return findings;
}

/** Whether fewer records are malformed when a backslash escapes quotes. */
function escapesFit({ text, dialect }: FoundHead, { malformed, records }: HeadRecords): boolean {
  const escaped = headRecords(text, { ...dialect, escapeByte: 92 });
  if (escaped.malformed !== malformed) return escaped.malformed < malformed;
  return usualFields(escaped.records).share > usualFields(records).share;
}

/** A start of lines that mark comments: such lines have other numbers of fields than the rest. */
function commentOf(records: readonly HeadRecord[], fields: number): { start: string; line: number } | undefined {
  if (fields < 2) return undefined;
  for (const start of COMMENT_STARTS) {
    const marked = records.filter(({ cells }) => cells[0]?.startsWith(start));
    const odd = marked.find(({ cells }) => cells.length !== fields);
    if (odd !== undefined && marked.length < records.length / 2) return { start, line: odd.line };
  }
  return undefined;
}

type Note = (code: TableWarning['code'], suggested: Reading, message: string, line?: number) => void;

function noteOneColumn({ text, dialect, reading }: FoundHead, { records }: HeadRecords, note: Note): void {
  if (reading.delimiter !== undefined || records.length === 0) return;
  const other = OTHER_DELIMITERS.find((delimiter) => {
    const split = headRecords(text, { ...dialect, delimiter: Buffer.from(delimiter, 'utf8') });
    const { fields, share } = usualFields(split.records);
    // Names and other short texts often have as many words as each other.
    const fewest = delimiter === ' ' ? 3 : 2;
    return fields >= fewest && share === 1 && split.records.length >= fewest;
  });
  const rest = 'If fields are separated by something else, give --delimiter (reading.delimiter).';
  if (records.length > 2 && records.every(({ cells }) => GAP.test(cells[0] ?? ''))) {
    const message =
      'Every line has gaps of spaces, as when columns are aligned by spaces: such a table is read as one column. Export it as CSV.';
    note('one_column', {}, message);
    return;
  }
  // A list without any delimiter can't be meant otherwise.
  if (other === undefined && !records.some(({ cells }) => DELIMITER.test(cells[0] ?? ''))) return;
  if (other === undefined) note('one_column', {}, `The table has one column only. ${rest}`);
  else
    note(
      'one_column',
      { delimiter: other },
      `The table has one column only, and every line holds ${JSON.stringify(other)} equally often. ${rest}`,
    );
}

/** The first column whose values are all written as `="001"`, which keeps spreadsheets from reading numbers. */
function formulaColumn(body: readonly HeadRecord[]): number | undefined {
  const width = Math.max(0, ...body.map(({ cells }) => cells.length));
  for (let column = 0; column < width; column += 1) {
    const values = body.map(({ cells }) => cells[column] ?? '').filter((cell) => cell !== '');
    if (values.length > 0 && values.every((value) => /^="[^"]*"$/.test(value))) return column;
  }
  return undefined;
}

/** The first column whose values are all numbers with a decimal comma, or whole. `1,234` alone may be thousands. */
function decimalCommaColumn(body: readonly HeadRecord[]): number | undefined {
  const width = Math.max(0, ...body.map(({ cells }) => cells.length));
  for (let column = 0; column < width; column += 1) {
    const values = body.map(({ cells }) => cells[column]?.trim() ?? '').filter((cell) => cell !== '');
    const isSure = values.some((value) => /,(\d{1,2}|\d{4,})$/.test(value));
    if (isSure && values.every((value) => decimalCommaOf(value) !== undefined)) return column;
  }
  return undefined;
}
