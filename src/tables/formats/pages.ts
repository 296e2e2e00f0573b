import { setImmediate } from 'node:timers/promises';
import { ExactNumber } from '../../base/json/exact-number.ts';
import type { Cell } from '../cell.ts';
import type { SourceRow } from '../row-source.ts';

const ROWS_PER_PAGE = 500;
const CHARACTERS_PER_PAGE = 1024 * 1024;

/**
 * Puts decoded rows into pages that are small in rows and in characters. The rows are made as they are taken. After
 * each page, the event loop gets a turn: decoded rows are at hand without waiting.
 */
export async function* inPages(rows: Iterable<SourceRow>): AsyncGenerator<SourceRow[]> {
  let page: SourceRow[] = [];
  let characters = 0;
  for (const row of rows) {
    page.push(row);
    characters += sizeOfCells(row.cells);
    if (page.length < ROWS_PER_PAGE && characters < CHARACTERS_PER_PAGE) continue;
    yield page;
    page = [];
    characters = 0;
    await setImmediate();
  }
  if (page.length > 0) yield page;
}

/** The approximate size of cells in characters, nested values included. */
export function sizeOfCells(cells: readonly Cell[]): number {
  let sum = 0;
  for (const cell of cells) {
    if (typeof cell === 'string') sum += cell.length;
    else if (Array.isArray(cell)) sum += sizeOfCells(cell);
    else if (cell instanceof ExactNumber) sum += cell.digits.length;
    else if (typeof cell === 'object' && cell !== null) sum += sizeOfCells(Object.values(cell));
    else sum += 8;
  }
  return sum;
}
