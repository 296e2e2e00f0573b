import type { CsvDialect } from './csv-dialect.ts';
import { frameCsv } from './csv-framing.ts';
import { parseRecords } from './csv-records.ts';

/** A sound record of a file's head. */
export interface HeadRecord {
  line: number;
  cells: string[];
}

/** The first records of a file, and how many of them can't be read. */
export interface HeadRecords {
  records: HeadRecord[];
  malformed: number;
}

const LOOKED_AT_BYTES = 64 * 1024;
const LOOKED_AT_RECORDS = 200;

/**
 * Reads the first records of a text, to find out how it is written.
 * @param text whole lines
 */
export function headRecords(text: string, dialect: CsvDialect): HeadRecords {
  const bytes = Buffer.from(text.slice(0, LOOKED_AT_BYTES), 'utf8');
  const { frames } = frameCsv(bytes, { line: 1, atEnd: bytes.length === Buffer.byteLength(text) }, dialect);
  const records: HeadRecord[] = [];
  let malformed = 0;
  for (const frame of frames) {
    if (frame.kind === 'malformed') malformed += 1;
    if (frame.kind !== 'records' || records.length >= LOOKED_AT_RECORDS) continue;
    const cells = parseRecords(bytes.subarray(frame.start, frame.end), dialect, frame.quoted);
    for (const [index, line] of frame.lines.entries()) records.push({ line, cells: cells[index] ?? [] });
  }
  return { records: records.slice(0, LOOKED_AT_RECORDS), malformed };
}

/** Number of fields up to the last that is not empty. */
export function filledFields({ cells }: HeadRecord): number {
  return cells.findLastIndex((cell) => cell !== '') + 1;
}

/** The most frequent number of fields, and its share of the records. */
export function usualFields(records: readonly HeadRecord[]): { fields: number; share: number } {
  const counts = new Map<number, number>();
  for (const { cells } of records) counts.set(cells.length, (counts.get(cells.length) ?? 0) + 1);
  const [usual] = [...counts].sort(([a, n], [b, m]) => m - n || b - a);
  return usual === undefined ? { fields: 0, share: 0 } : { fields: usual[0], share: usual[1] / records.length };
}
