import { AppError } from '../../base/errors.ts';
import type { Location } from '../locations/location.ts';
import type { Reading } from '../reading.ts';
import type { SnapshotSource, TextFacts } from '../row-source.ts';
import { openCsvSource } from './csv/csv-source.ts';
import { sniffDialect } from './csv/sniff-dialect.ts';
import { type EncodingFacts, sniffEncoding, toUtf8 } from './encoding.ts';
import { describeFormat, type FormatName, formatOfName, KNOWN_EXTENSIONS } from './format.ts';
import { type PeekedBytes, peek } from './head.ts';
import { openJsonlSource } from './jsonl-source.ts';
import { refuseWhatIsNoTable } from './not-a-table.ts';
import { checkReading } from './reading-options.ts';
import { decodeText } from './text.ts';

/** The delimiter that a format fixes. */
const FIXED_DELIMITERS: Readonly<Partial<Record<FormatName, string>>> = { tsv: '\t' };

/**
 * Opens the table at a location. The extension decides the format; an unknown extension leaves the decision to the
 * content.
 * @throws AppError as `Tables.openSource`
 */
export async function openSource(
  location: Location,
  { signal, reading }: { signal: AbortSignal | undefined; reading: Reading },
): Promise<SnapshotSource> {
  const named = formatOfName(location.fileName);
  if (named.format === 'parquet') {
    if (named.gzip) {
      const fix = 'Parquet compresses itself: unpack it.';
      throw new AppError('format_unsupported', `${location.uri} is gzipped Parquet. ${fix}`);
    }
    checkReading(reading, named.format, location.uri);
    const { openParquetSource } = await import('./parquet/parquet-source.ts');
    return openParquetSource(location, signal);
  }
  const stored = await location.openRead(signal);
  try {
    const peeked = await peek(stored, location.uri);
    if (peeked.head.length === 0) {
      throw new AppError('file_empty', `${location.uri} is empty: it needs a header and rows.`);
    }
    const encoding = sniffEncoding(peeked.head, reading.encoding);
    refuseWhatIsNoTable(peeked.head, { encoding: encoding.encoding, extension: named.extension, uri: location.uri });
    const text = await headText(peeked, encoding);
    const format = named.format ?? formatOfContent(text, location.uri);
    checkReading(reading, format, location.uri);
    const facts = textFacts({ format, peeked, encoding, text, reading });
    const input = {
      uri: location.uri,
      format: describeFormat(format, { gzip: peeked.gzip, text: facts, ...reading }),
      text: facts,
      reading,
      sizeBytes: stored.sizeBytes,
      chunks: toUtf8(peeked.all(), encoding),
      close: peeked.close,
    };
    return await (format === 'jsonl' ? openJsonlSource(input) : openCsvSource(input));
  } catch (fault) {
    stored.stream.destroy();
    throw fault;
  }
}

async function headText(peeked: PeekedBytes, encoding: EncodingFacts): Promise<string> {
  const parts: Buffer[] = [];
  const once = (async function* () {
    yield peeked.head;
  })();
  for await (const part of toUtf8(once, encoding)) parts.push(part);
  return decodeText(Buffer.concat(parts));
}

function formatOfContent(text: string, uri: string): FormatName {
  const first = text.trimStart();
  if (first.startsWith('{')) {
    const line = first.slice(0, first.search(/[\r\n]|$/));
    try {
      JSON.parse(line);
      return 'jsonl';
    } catch (cause) {
      throw new AppError(
        'not_a_table',
        `${uri} looks like JSON, but its first line is not an object: write one object per line.`,
        {
          cause,
        },
      );
    }
  }
  if (/^\[\s*[{[]/.test(first)) {
    throw new AppError(
      'not_a_table',
      `${uri} is a JSON array: write one object per line (jq -c '.[]'), as ${KNOWN_EXTENSIONS}.`,
    );
  }
  return 'csv';
}

/** The text after a number of lines, of any line end. */
function afterLines(text: string, lines: number): string {
  let at = 0;
  for (let line = 0; line < lines; line += 1) {
    const found = text.slice(at).search(/[\r\n]/);
    if (found === -1) return '';
    at += found + (text.startsWith('\r\n', at + found) ? 2 : 1);
  }
  return text.slice(at);
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
  };
  if (format === 'jsonl') return facts;
  const fixed = reading.delimiter ?? FIXED_DELIMITERS[format];
  const text = afterLines(found.text, reading.skipLines ?? 0);
  const { quote = facts.quote } = reading;
  return { ...facts, ...sniffDialect(text, peeked.complete, fixed), ...(quote !== undefined && { quote }) };
}
