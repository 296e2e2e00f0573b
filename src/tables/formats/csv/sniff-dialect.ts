import { separatorLineOf } from './separator-line.ts';

/** How a CSV file's text is written. */
export interface DialectFacts {
  delimiter: string;
  quote: string;
  /** `mixed`: carriage returns alone end lines beside other line ends. */
  lineEnd: '\n' | '\r\n' | '\r' | 'mixed';
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

/** Quoted fields, in which line ends are text. */
const QUOTED = /"(?:[^"]|"")*"/g;

function sniffLineEnd(whole: string): DialectFacts['lineEnd'] {
  const unquoted = whole.slice(0, 65_536).replaceAll(QUOTED, '');
  const text = /[\r\n]/.test(unquoted) ? unquoted : whole;
  const feed = text.indexOf('\n');
  // A head cut off between \r and \n causes no error: it holds far more than one line, or the whole file.
  if (feed === -1) return text.includes('\r') ? '\r' : '\n';
  if (returnsEndLines(text)) return 'mixed';
  return feed > 0 && text[feed - 1] === '\r' ? '\r\n' : '\n';
}

/**
 * Whether carriage returns alone end lines where others end in line feeds: then the lines between them hold delimiters as
 * often as the others do. Elsewhere they are text of a cell.
 */
function returnsEndLines(text: string): boolean {
  const start = text.slice(0, 16_384);
  if (!/\r(?!\r?\n)/.test(start)) return false;
  const how = { complete: false, quote: '"', lineEnd: '\n' };
  const asText = countPerRecord(start, how);
  const asEnds = countPerRecord(start.replaceAll(/\r(?!\r?\n)/g, '\n'), how);
  return DELIMITERS.some((_, index) => {
    const share = (records: number[][]) => shareOfUsual(records, index);
    return share(asEnds) > share(asText) || (share(asEnds) === 1 && (asEnds[0]?.[index] ?? 0) > 0);
  });
}

/** The share of records with the most frequent number of a delimiter, where that is not zero. */
function shareOfUsual(records: number[][], index: number): number {
  return usualCount(records, index).share;
}

/** The most frequent number of a delimiter in records that have it, and the share of such records. */
function usualCount(records: number[][], index: number): { count: number; share: number } {
  const counts = new Map<number, number>();
  for (const record of records) {
    const count = record[index] ?? 0;
    if (count > 0) counts.set(count, (counts.get(count) ?? 0) + 1);
  }
  const [usual] = [...counts].sort(([a, n], [b, m]) => m - n || b - a);
  return usual === undefined ? { count: 0, share: 0 } : { count: usual[0], share: usual[1] / records.length };
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
    // Of two that split alike, the comma is rather a part of the text.
    const isAlike = best.delimiter === ',' && share >= best.share && fields === best.fields;
    const better = isAlike || share > best.share + 0.1 || (share > best.share - 0.1 && fields > best.fields);
    if (better) best = { delimiter, share, fields };
  }
  const usual = DELIMITERS.map((delimiter, index) => ({ delimiter, ...usualCount(records, index) }));
  const steady = usual.reduce((one, other) => (other.share > one.share ? other : one));
  // Titles above the header may hold another delimiter than the rest.
  return steady.share > best.share + 0.25 ? steady.delimiter : best.delimiter;
}

/**
 * For a header with one name: a candidate that the records don't contain, so that commas in unquoted prose are text.
 * But if every record has the same number of one candidate, names are missing in the header, and splitting shows it.
 */
function singleColumnDelimiter(body: number[][]): string {
  const steady = DELIMITERS.find((_, index) =>
    isSteady(body.slice(body.findIndex((counts) => counts[index] !== 0)), index),
  );
  if (body.length > 1 && steady !== undefined) return steady;
  return DELIMITERS.find((_, index) => body.every((counts) => counts[index] === 0)) ?? ',';
}

/** Whether every record has the same number of a delimiter, behind titles without one. */
function isSteady(records: number[][], index: number): boolean {
  const count = records[0]?.[index] ?? 0;
  return count > 0 && records.length > 1 && records.every((counts) => counts[index] === count);
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
