import { separatorLineOf } from './separator-line.ts';

/** How a CSV file's text is written. */
export interface DialectFacts {
  delimiter: string;
  quote: string;
  lineEnd: '\n' | '\r\n' | '\r';
}

const DELIMITERS = [',', ';', '\t', '|'] as const;
const LOOKED_AT_RECORDS = 100;

/**
 * Detects delimiter, quote and line end from the first text of a file.
 * @param complete whether `text` is the whole file; otherwise its last line is left out
 * @param fixed the delimiter, if the format fixes it (TSV)
 */
export function sniffDialect(text: string, complete: boolean, fixed?: string): DialectFacts {
  const lineEnd = sniffLineEnd(text);
  const quote = sniffQuote(text);
  const delimiter = separatorLineOf(text)?.delimiter ?? fixed ?? sniffDelimiter(text, { complete, quote, lineEnd });
  return { delimiter, quote, lineEnd };
}

function sniffLineEnd(text: string): DialectFacts['lineEnd'] {
  const feed = text.indexOf('\n');
  if (feed > 0 && text[feed - 1] === '\r') return '\r\n';
  if (feed !== -1) return '\n';
  // A head cut off between \r and \n causes no error: it holds far more than one line, or the whole file.
  return text.includes('\r') ? '\r' : '\n';
}

const SINGLE_QUOTED = /(?<=^|[,;\t|])'(?:[^']|'')*'(?=[,;\t|]|\r|\n|$)/gm;

/** Double quotes, unless the text has none and nearly all single quotes enclose whole fields. */
function sniffQuote(text: string): string {
  if (text.includes('"') || !text.includes("'")) return '"';
  const start = text.slice(0, 16_384);
  const wrapped = start.match(SINGLE_QUOTED)?.length ?? 0;
  const left = start.replaceAll(SINGLE_QUOTED, '').split("'").length - 1;
  return wrapped >= 2 && left <= wrapped / 10 ? "'" : '"';
}

/**
 * The candidate that splits the most records into the same number of fields as the header, then into the most fields.
 * Delimiters inside quotes are not counted.
 */
function sniffDelimiter(text: string, how: { complete: boolean; quote: string; lineEnd: string }): string {
  const records = countPerRecord(text, how);
  const header = records[0];
  if (header === undefined) return ',';
  if (header.every((count) => count === 0)) return singleColumnDelimiter(records.slice(1));
  let best = { delimiter: ',', share: 0, fields: 0 };
  for (const [index, delimiter] of DELIMITERS.entries()) {
    const fields = header[index] ?? 0;
    if (fields === 0) continue;
    const share = records.filter((counts) => counts[index] === fields).length / records.length;
    const better = share > best.share + 0.1 || (share > best.share - 0.1 && fields > best.fields);
    if (better) best = { delimiter, share, fields };
  }
  return best.delimiter;
}

/**
 * For a header with one name: a candidate that the records don't contain, so that commas in unquoted prose are text.
 * But if every record has the same number of one candidate, names are missing in the header, and splitting shows it.
 */
function singleColumnDelimiter(body: number[][]): string {
  const [first] = body;
  if (first !== undefined && body.length > 1) {
    const steady = DELIMITERS.find(
      (_, index) => (first[index] ?? 0) > 0 && body.every((counts) => counts[index] === first[index]),
    );
    if (steady !== undefined) return steady;
  }
  return DELIMITERS.find((_, index) => body.every((counts) => counts[index] === 0)) ?? ',';
}

/** For each record with content, the number of occurrences of each candidate outside quotes. */
function countPerRecord(text: string, how: { complete: boolean; quote: string; lineEnd: string }): number[][] {
  const last = how.lineEnd === '\r' ? '\r' : '\n';
  const records: number[][] = [];
  let counts = DELIMITERS.map(() => 0);
  let quoted = false;
  let empty = true;
  for (const char of text) {
    if (char === how.quote) quoted = !quoted;
    if (char === last && !quoted) {
      if (!empty) records.push(counts);
      if (records.length >= LOOKED_AT_RECORDS) return records;
      counts = DELIMITERS.map(() => 0);
      empty = true;
      continue;
    }
    if (char !== '\r') empty = false;
    const index = DELIMITERS.indexOf(char as ',');
    if (index !== -1 && !quoted) counts[index] = (counts[index] ?? 0) + 1;
  }
  if (!empty && (how.complete || records.length === 0)) records.push(counts);
  return records;
}
