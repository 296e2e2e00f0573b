import { AppError } from '../../../base/errors.ts';
import type { Reading } from '../../reading.ts';
import type {
  FormatDescription,
  RowsOptions,
  SnapshotSource,
  SourceRow,
  TableWarning,
  TextFacts,
} from '../../row-source.ts';
import { checkColumnCount } from '../column-limit.ts';
import { textFindings } from '../text-findings.ts';
import type { CsvDialect } from './csv-dialect.ts';
import { frameCsv } from './csv-framing.ts';
import { parseRecords } from './csv-records.ts';
import { type CsvRowReader, createCsvRowReader } from './csv-rows.ts';
import { dialectFindings } from './dialect-findings.ts';
import { numberedColumns, uniqueNames } from './header.ts';
import { createRowWarnings } from './row-warnings.ts';
import { SEPARATOR_LINE_BYTES, separatorLineOf } from './separator-line.ts';
import { skipLines } from './skip-lines.ts';

const ROWS_PER_CHUNK = 500;
/**
 * Where only some rows need cells: the bytes at the start that are read whole, and the share of the later blocks, one of
 * so many. Reading cells takes about five times as long as counting.
 */
const READ_WHOLE = 2 ** 21;
const SPREAD = 32;
/** Equal to no byte. */
const NO_BYTE = -1;

/** Input of a format's reader. `chunks` are UTF-8, without a byte order mark. */
export interface SourceInput {
  uri: string;
  format: FormatDescription;
  text: TextFacts;
  reading: Reading;
  /** The first lines behind those that are skipped, to find out how they are written. */
  head: string;
  sizeBytes: number | undefined;
  chunks: AsyncGenerator<Buffer>;
  close(): void;
}

/**
 * Opens CSV or TSV: reads the header, but not the rows.
 * @throws AppError `not_a_table` when there is no header
 */
export async function openCsvSource(given: SourceInput): Promise<SnapshotSource> {
  const { header: hasHeader = true, skipLines: skipped = 0 } = given.reading;
  const input = { ...given, chunks: skipLines(given.chunks, skipped) };
  const dialect = dialectOf(input);
  const separator = separatorLineOf(input.head)?.length ?? 0;
  const found = dialectFindings({ text: input.head.slice(separator), dialect: { ...dialect }, reading: input.reading });
  const header = await readHeader(input, dialect);
  const rows = hasHeader ? header : { rest: header.block, nextLine: header.line };
  checkColumnCount(header.cells.length, input.uri);
  const { columns, warnings } = hasHeader ? uniqueNames(header.cells) : numberedColumns(header.cells);
  dialect.columnCount = columns.length;
  const rowWarnings = createRowWarnings(input.text.encoding);
  const reader = createCsvRowReader({ dialect, warnings: rowWarnings, isUtf8: input.text.encoding === 'utf-8' });
  const from = { reader, block: rows.rest, line: rows.nextLine, bytesRead: 0 };
  return {
    uri: input.uri,
    format: input.format,
    loads: 'before-running',
    total: null,
    sizeBytes: input.sizeBytes,
    columns: () => [...columns],
    readAs: () => readAs(input),
    suggested: () => found.suggested,
    warnings: (): TableWarning[] => [
      ...textFindings(input.text),
      ...found.warnings,
      ...warnings,
      ...rowWarnings.list(),
    ],
    rows: (signal, options) => readRows(input, from, { signal, ...options }),
    bytesRead: () => from.bytesRead,
    close: async () => input.close(),
  };
}

/** How the file is read, with what was detected. */
function readAs({ reading, text }: SourceInput): Reading {
  const { encoding, delimiter, quote } = text;
  return { ...reading, encoding, ...(delimiter !== undefined && { delimiter }), ...(quote !== undefined && { quote }) };
}

function dialectOf({ text, reading }: SourceInput): CsvDialect {
  const quoteByte = text.quote === '' ? NO_BYTE : (text.quote ?? '"').charCodeAt(0);
  return {
    delimiter: Buffer.from(text.delimiter ?? ',', 'utf8'),
    quoteByte,
    escapeByte: reading.escape === undefined ? quoteByte : reading.escape.charCodeAt(0),
    lineEnds: text.lineEnd === '\r' || text.lineEnd === 'mixed' ? 'any' : 'lf',
    comment: reading.comment === undefined ? undefined : Buffer.from(reading.comment, 'utf8'),
    columnCount: 0,
  };
}

async function readHeader(input: SourceInput, dialect: CsvDialect) {
  let block: Buffer = Buffer.alloc(0);
  let first: number | undefined;
  for (;;) {
    const next = await input.chunks.next();
    if (!next.done) block = Buffer.concat([block, next.value]);
    if (first === undefined) {
      if (next.done !== true && block.length < SEPARATOR_LINE_BYTES) continue;
      const separator = separatorLineOf(block.toString('latin1', 0, SEPARATOR_LINE_BYTES));
      first = 1 + (input.reading.skipLines ?? 0) + (separator === undefined ? 0 : 1);
      block = block.subarray(separator?.length ?? 0);
    }
    const framed = frameCsv(block, { line: first, atEnd: next.done === true }, dialect);
    // Blank lines and comments before the header are no rows: they are dropped.
    const frame = framed.frames.find(({ kind }) => kind !== 'blank' && kind !== 'comment');
    if (frame?.kind === 'malformed') {
      throw new AppError(
        'not_a_table',
        `${input.uri}: its header (line ${frame.line}) can't be read: ${frame.reason}.`,
      );
    }
    if (frame?.kind === 'records') {
      const end = frame.starts[1] ?? frame.end;
      const cells = parseRecords(block.subarray(frame.start, end), dialect, frame.quoted)[0] ?? [];
      const nextLine = frame.lines[1] ?? frame.nextLine;
      return {
        cells,
        block: block.subarray(frame.start),
        line: frame.lines[0] ?? first,
        rest: block.subarray(end),
        nextLine,
      };
    }
    if (next.done) throw new AppError('file_empty', `${input.uri} holds no header: its lines are blank.`);
    block = block.subarray(framed.consumed);
    first = framed.line;
  }
}

/** The position of reading; updated while rows are read. */
interface Position {
  reader: CsvRowReader;
  block: Buffer;
  line: number;
  bytesRead: number;
}

async function* readRows(
  input: SourceInput,
  from: Position,
  { signal, cellsOf = Number.POSITIVE_INFINITY }: RowsOptions & { signal: AbortSignal | undefined },
): AsyncGenerator<SourceRow[]> {
  let sound = 0;
  try {
    for (let atEnd = false, blocks = 0; !atEnd; blocks += 1) {
      const next = await input.chunks.next();
      atEnd = next.done === true;
      if (signal?.aborted) throw new AppError('aborted', `Reading ${input.uri} was cancelled.`);
      const { block } = from;
      const bytes = next.done ? block : block.length === 0 ? next.value : Buffer.concat([block, next.value]);
      const counts = sound >= cellsOf && from.bytesRead > READ_WHOLE && blocks % SPREAD !== 0;
      const read = from.reader.read(bytes, { line: from.line, atEnd, counts });
      from.block = bytes.subarray(read.consumed);
      from.line = read.line;
      from.bytesRead += read.consumed;
      if (sound < cellsOf) sound += read.rows.filter(({ kind }) => kind === 'record').length;
      for (let at = 0; at < read.rows.length; at += ROWS_PER_CHUNK) yield read.rows.slice(at, at + ROWS_PER_CHUNK);
    }
  } finally {
    input.close();
  }
}
