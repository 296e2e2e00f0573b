import type { Cell } from '../cell.ts';
import type { RowSource, SourceRow, TableWarning } from '../row-source.ts';
import type { ColumnProfile, ProfileOptions, TableProfile } from '../table.ts';
import { type ColumnProfiler, createColumnProfiler } from './column-profiler.ts';
import { headerWarnings } from './header-warnings.ts';
import { createSpread } from './spread.ts';

const DEFAULT_SAMPLE_ROWS = 5;

/**
 * Profiles a table in one streaming pass with constant memory, and closes its source. Malformed records are counted;
 * their cells are not read. `kindOf` describes how types are detected, and `createValueCounts` how frequent values are
 * counted.
 */
export async function profileSource(source: RowSource, options: ProfileOptions = {}): Promise<TableProfile> {
  const { decimalComma = false } = options.reading ?? {};
  const profilers: ColumnProfiler[] = source.columns().map(() => createColumnProfiler(decimalComma));
  const spread = createSpread();
  const sampleRows: Cell[][] = [];
  const wanted = options.sampleRows ?? DEFAULT_SAMPLE_ROWS;
  let rowCount = 0;
  let malformedCount = 0;
  /** Number of rows read before each profiler started: in those rows, its column was empty. */
  const begins: number[] = profilers.map(() => 0);

  const take = (row: SourceRow): void => {
    if (row.kind === 'malformed') {
      malformedCount += 1;
      return;
    }
    const { cells, line } = row;
    while (profilers.length < cells.length) {
      profilers.push(createColumnProfiler(decimalComma));
      begins.push(rowCount);
    }
    for (let index = 0; index < cells.length; index += 1) profilers[index]?.add(cells[index] ?? null, line);
    if (sampleRows.length < wanted) sampleRows.push(cells);
    spread.offer(cells);
    rowCount += 1;
  };

  try {
    for await (const rows of source.rows(options.signal)) {
      for (const row of rows) take(row);
      options.onRows?.({ rows: rowCount + malformedCount, share: shareRead(source) });
    }
  } finally {
    await source.close();
  }
  const columns: ColumnProfile[] = [];
  const warnings: TableWarning[] = source.warnings();
  for (const [index, name] of source.columns().entries()) {
    const profiler = profilers[index] ?? createColumnProfiler(decimalComma);
    const finished = profiler.finish(name, spread.column(index));
    columns.push({ ...finished.profile, nulls: finished.profile.nulls + (begins[index] ?? rowCount) });
    warnings.push(...finished.warnings);
  }
  warnings.unshift(...headerWarnings(source, columns, rowCount + malformedCount));
  return {
    uri: source.uri,
    format: source.format,
    sizeBytes: source.sizeBytes,
    rowCount: rowCount + malformedCount,
    malformedCount,
    columns,
    sampleRows: sampleRows.map((cells) => columns.map((_, index) => cells[index] ?? null)),
    warnings,
    suggested: source.suggested?.() ?? {},
  };
}

/** The share of the file that is read; undefined where it is compressed or its size is unknown. */
function shareRead({ format, sizeBytes, bytesRead }: RowSource): number | undefined {
  const read = bytesRead?.();
  if (read === undefined || sizeBytes === undefined || sizeBytes === 0 || format.compression !== 'none')
    return undefined;
  return Math.min(1, read / sizeBytes);
}
