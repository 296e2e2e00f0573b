import { withoutCredentials } from '../../base/addresses/without-credentials.ts';
import { AppError } from '../../base/errors.ts';
import { announceActivity } from '../../base/process/activity.ts';
import type { Location } from '../locations/location.ts';
import type { Reading } from '../reading.ts';
import type { SnapshotSource, TextFacts } from '../row-source.ts';
import { openCsvSource } from './csv/csv-source.ts';
import { sniffDialect } from './csv/sniff-dialect.ts';
import { createDecodedLimit } from './decoded-limit.ts';
import { detectEncoding } from './encoding/detect-encoding.ts';
import type { EncodingFacts } from './encoding/encoding-facts.ts';
import { sampleBytes } from './encoding/sample-bytes.ts';
import { toUtf8 } from './encoding/to-utf8.ts';
import { describeFormat, type FormatName, formatOfName, isContainer } from './format.ts';
import { type PeekedBytes, peek } from './head.ts';
import { openJsonSource } from './json/json-source.ts';
import { refuseWhatIsNoTable } from './not-a-table.ts';
import { checkFormatReading } from './reading-options.ts';
import { spooledLocation } from './spooled-location.ts';

/** The delimiter that a format fixes. */
const FIXED_DELIMITERS: Readonly<Partial<Record<FormatName, string>>> = { tsv: '\t' };

/** How a file is opened. */
export interface OpenSettings {
  signal: AbortSignal | undefined;
  reading: Reading;
  /** The largest size that a compressed file may decode to. */
  maxDecodedBytes: number;
}

/**
 * Opens the table at a location. The extension decides the format; an unknown extension leaves the decision to the
 * content.
 * @throws AppError as `Tables.openSource`
 */
export async function openSource(location: Location, settings: OpenSettings): Promise<SnapshotSource> {
  const { signal, reading, maxDecodedBytes } = settings;
  announceActivity(() => `the table ${withoutCredentials(location.uri)}`);
  const named = formatOfName(location.fileName);
  const limit = createDecodedLimit(maxDecodedBytes, location.uri);
  if (isContainer(named.format)) {
    checkFormatReading(reading, named.format, location.uri);
    const ranged = named.compression === 'none' ? location : spooledLocation(location, limit);
    if (named.format === 'xlsx') {
      const { openXlsxSource } = await import('./xlsx/xlsx-source.ts');
      return openXlsxSource(ranged, { reading, limit, signal });
    }
    const { openParquetSource } = await import('./parquet/parquet-source.ts');
    return openParquetSource(ranged, { maxDecodedBytes, signal });
  }
  const stored = await location.openRead(signal);
  try {
    const peeked = await peek(stored, { place: location.uri, limit });
    if (peeked.head.length === 0) {
      throw new AppError('file_empty', `${location.uri} is empty: it needs a header and rows.`);
    }
    refuseWhatIsNoTable(peeked.head, { encoding: reading.encoding, extension: named.extension, uri: location.uri });
    const encoding = await encodingOfFile({ location, peeked, sizeBytes: stored.sizeBytes }, { signal, reading });
    const text = await headText(peeked, encoding);
    const format = formatOf(named.format, text, location.uri);
    checkFormatReading(reading, format, location.uri);
    const facts = textFacts({ format, peeked, encoding, text, reading });
    const input = {
      uri: location.uri,
      format: describeFormat(format, { compression: peeked.compression, text: facts, ...reading }),
      text: facts,
      reading,
      head: wholeLines(afterLines(text, reading.skipLines ?? 0), peeked.complete),
      sizeBytes: stored.sizeBytes,
      chunks: toUtf8(peeked.all(), encoding),
      close: peeked.close,
    };
    return await (format === 'jsonl' || format === 'json' ? openJsonSource(input) : openCsvSource(input));
  } catch (fault) {
    stored.stream.destroy();
    throw fault;
  }
}

async function encodingOfFile(
  file: { location: Location; peeked: PeekedBytes; sizeBytes: number | undefined },
  { signal, reading }: { signal: AbortSignal | undefined; reading: Reading },
): Promise<EncodingFacts> {
  const { location, peeked } = file;
  const { head } = peeked;
  const isWhole = reading.encoding !== undefined || peeked.complete || peeked.compression !== 'none';
  const sample = isWhole ? head : await sampleBytes(location, { head, sizeBytes: file.sizeBytes, signal });
  return detectEncoding(sample, { given: reading.encoding, uri: location.uri });
}

async function headText(peeked: PeekedBytes, encoding: EncodingFacts): Promise<string> {
  const parts: Buffer[] = [];
  const once = (async function* () {
    yield peeked.head;
  })();
  for await (const part of toUtf8(once, encoding)) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

/** Files named .json hold an array or, by many programs, one object per line: the content decides. */
function formatOf(named: FormatName | undefined, text: string, uri: string): FormatName {
  if (named !== undefined && named !== 'json') return named;
  const first = text.trimStart();
  if (first.startsWith('[') && (named === 'json' || /^\[\s*[{[\]]/.test(first))) return 'json';
  if (first.startsWith('{')) return formatOfObjects(first, named, uri);
  if (named === undefined) return 'csv';
  throw new AppError('not_a_table', `${uri} holds no JSON array and no objects: check what wrote it.`);
}

function formatOfObjects(text: string, named: FormatName | undefined, uri: string): FormatName {
  const [line = '', next = ''] = text.split(/[\r\n]+/, 2);
  try {
    JSON.parse(line);
    // A single object in a .json file is more often an answer with the rows inside it than a table of one row.
    if (named === undefined || next.trimStart().startsWith('{')) return 'jsonl';
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  const fix =
    'write an array of objects, or one object per line; rows inside an object are taken out by jq, as in jq .rows';
  throw new AppError('not_a_table', `${uri} is one JSON object, not a table: ${fix}.`);
}

/** The text after a number of lines, of any line end. */
function afterLines(text: string, lines: number): string {
  let at = 0;
  for (let line = 0; line < lines; line += 1) {
    const found = text.slice(at).search(/[\r\n]/);
    if (found === -1) return '';
    const end = at + found;
    at = end + (text.startsWith('\r\r\n', end) ? 3 : text.startsWith('\r\n', end) ? 2 : 1);
  }
  return text.slice(at);
}

/** The text without the line that the head cuts off. */
function wholeLines(text: string, complete: boolean): string {
  const end = Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r', text.length - 3));
  return complete || end === -1 ? text : text.slice(0, end + 1);
}

function textFacts(found: {
  format: FormatName;
  peeked: PeekedBytes;
  encoding: EncodingFacts;
  text: string;
  reading: Reading;
}): TextFacts {
  const { format, peeked, encoding, reading } = found;
  const facts: TextFacts = {
    encoding: encoding.encoding,
    bom: encoding.bomBytes > 0,
    ...(encoding.confidence !== undefined && { confidence: encoding.confidence }),
  };
  if (format === 'jsonl' || format === 'json') return facts;
  const fixed = reading.delimiter ?? FIXED_DELIMITERS[format];
  const text = afterLines(found.text, reading.skipLines ?? 0);
  const { quote = facts.quote } = reading;
  return { ...facts, ...sniffDialect(text, peeked.complete, fixed), ...(quote !== undefined && { quote }) };
}
