import { expect } from 'vitest';
import type { CsvDialect } from '../../../../src/tables/formats/csv/csv-dialect.ts';
import { createCsvRowReader } from '../../../../src/tables/formats/csv/csv-rows.ts';
import { createRowWarnings, type RowWarnings } from '../../../../src/tables/formats/csv/row-warnings.ts';
import type { SourceRow, TableWarning } from '../../../../src/tables/row-source.ts';

const PIECES = [
  'a',
  'b',
  '"',
  '"',
  '""',
  ',',
  ',"',
  '",',
  '\n',
  '\n',
  '\r\n',
  '\r',
  '\r\r\n',
  '\\',
  '\\"',
  '#',
  '\n#',
  '||',
  '\0',
  'é',
  'ÿ',
];
/** Numbers below `limit`, the same in every run. */
function createRandom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

/** Reads a file that arrives in pieces which end at `cuts`. */
function readInPieces(
  file: Buffer,
  cuts: number[],
  dialect: CsvDialect,
  { counts = false, warnings = createRowWarnings('utf-8') } = {},
): SourceRow[] {
  const reader = createCsvRowReader({ dialect, warnings, isUtf8: true });
  const rows: SourceRow[] = [];
  let block = Buffer.alloc(0);
  let line = 1;
  let from = 0;
  for (const [index, to] of [...cuts, file.length, file.length].entries()) {
    block = Buffer.concat([block, file.subarray(from, to)]);
    const read = reader.read(block, { line, atEnd: index === cuts.length + 1, counts });
    rows.push(...read.rows);
    block = block.subarray(read.consumed);
    line = read.line;
    from = to;
  }
  expect(block.length, 'bytes were left unread').toBe(0);
  return rows;
}

/** Their order depends on where a file is cut. */
function sorted(warnings: RowWarnings): TableWarning[] {
  return warnings.list().sort((a, b) => a.code.localeCompare(b.code));
}

/** What is known of a row that is only counted. */
function outline(row: SourceRow): string {
  return row.kind === 'record' ? `${row.line}` : `${row.line}: ${row.reason}`;
}

/** Expects that files of random text, however broken and wherever they are cut, give the same rows and counts. */
export function readRandomFiles(files: number): void {
  const random = createRandom(7);
  let malformed = 0;
  for (let count = 0; count < files; count += 1) {
    const text = Array.from({ length: random(40) }, () => PIECES[random(PIECES.length)]).join('');
    const file = Buffer.from(text, random(4) === 0 ? 'latin1' : 'utf8');
    const dialect: CsvDialect = {
      delimiter: Buffer.from(random(6) === 0 ? '||' : ','),
      quoteByte: random(12) === 0 ? -1 : 34,
      escapeByte: 34,
      lineEnds: random(4) === 0 ? 'any' : 'lf',
      comment: random(4) === 0 ? Buffer.from(random(2) === 0 ? '#' : '#a') : undefined,
      columnCount: 1 + random(3),
    };
    dialect.escapeByte = random(4) === 0 ? 92 : dialect.quoteByte;
    const cuts = Array.from({ length: random(5) }, () => random(file.length + 1)).sort((a, b) => a - b);
    const warnings = createRowWarnings('utf-8');
    const whole = readInPieces(file, [], dialect, { warnings });
    expect(readInPieces(file, cuts, dialect), JSON.stringify(text)).toEqual(whole);
    const countWarnings = createRowWarnings('utf-8');
    const counted = readInPieces(file, cuts, dialect, { counts: true, warnings: countWarnings });
    expect(counted.map(outline), JSON.stringify(text)).toEqual(whole.map(outline));
    expect(sorted(countWarnings), JSON.stringify(text)).toEqual(sorted(warnings));
    for (const row of whole) {
      if (row.kind === 'malformed') malformed += 1;
      else expect(row.cells).toHaveLength(dialect.columnCount);
    }
    const lines = whole.map((row) => row.line);
    expect(lines, JSON.stringify(text)).toEqual([...new Set(lines)].sort((a, b) => a - b));
  }
  expect(malformed).toBeGreaterThan(files / 10);
}
