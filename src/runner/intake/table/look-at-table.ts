import type { Cell } from '../../../tables/cell.ts';
import type { RowSource } from '../../../tables/row-source.ts';
import type { RunnerDeps } from '../../deps.ts';
import { spread } from '../../forecast/spread.ts';
import type { SampleRow } from './sample-inputs.ts';

/** How long a plan may read the table to count its rows, in milliseconds: a start answers within two seconds. */
const COUNT_BUDGET_MS = 800;
const ROWS_LOOKED_AT = 200;

/** What a plan knows of a table. */
export interface Look {
  columns: string[];
  rowCount: number | null;
  reckonedRows: number | null;
  isLive: boolean;
  sample: SampleRow[];
}

/**
 * Reads the table for a limited time: to its end if it is small, else far enough to estimate its rows from its size.
 * The sampled rows are spread over what is read.
 */
export async function lookAtTable(source: RowSource, deps: Pick<RunnerDeps, 'clock'>): Promise<Look> {
  const deadline = deps.clock.monotonic() + COUNT_BUDGET_MS;
  const sample = createSpreadSample(ROWS_LOOKED_AT);
  let rows = 0;
  let characters = 0;
  let finished = true;
  try {
    for await (const chunk of source.rows(undefined, { cellsOf: ROWS_LOOKED_AT })) {
      for (const row of chunk) {
        const hasCells = row.kind === 'record' && row.cells.length > 0;
        if (hasCells) sample.see({ row: rows, line: row.line, key: row.key ?? null, cells: row.cells });
        rows += 1;
        characters += charactersOf(row.cells);
      }
      const isEnough = source.total !== null && rows >= ROWS_LOOKED_AT;
      if (isEnough || deps.clock.monotonic() > deadline) {
        finished = false;
        break;
      }
    }
  } finally {
    await source.close();
  }
  const isPlain = source.sizeBytes !== undefined && source.format.compression === 'none';
  const bytes = source.bytesRead?.() ?? characters;
  const reckoned = isPlain && bytes > 0 ? Math.round(((source.sizeBytes ?? 0) * rows) / bytes) : null;
  return {
    columns: source.columns(),
    rowCount: finished ? rows : source.total,
    reckonedRows: finished ? rows : reckoned,
    isLive: source.loads === 'while-running',
    sample: sample.rows(),
  };
}

/**
 * Keeps up to `most` of the rows that it sees, spread evenly over the table: after rows without cells, more of the next
 * ones are kept.
 */
function createSpreadSample(most: number): { see(row: SampleRow): void; rows(): SampleRow[] } {
  let kept: SampleRow[] = [];
  let every = 1;
  return {
    see(row) {
      if (kept.length > row.row / every) return;
      kept.push(row);
      if (kept.length < 2 * most) return;
      kept = kept.filter((_, index) => index % 2 === 0);
      every *= 2;
    },
    rows: () => spread(kept, most),
  };
}

function charactersOf(cells: Cell[]): number {
  let sum = cells.length;
  for (const cell of cells) sum += typeof cell === 'string' ? cell.length : 8;
  return sum;
}
