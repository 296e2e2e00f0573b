import type { Cell } from '../cell.ts';
import { detached } from './value-counts.ts';

const KEPT = 32;

/** Keeps a few rows that are spread evenly over a file of unknown length. */
export interface Spread {
  offer(cells: readonly Cell[]): void;
  /** The cells of one column in the rows that were kept, in order. */
  column(index: number): Cell[];
}

/** Keeps every n-th row; whenever 32 rows are kept, drops every second one and doubles n. */
export function createSpread(): Spread {
  let rows: Cell[][] = [];
  let step = 1;
  let seen = 0;
  return {
    offer(cells) {
      if (seen % step === 0) {
        rows.push(cells.map((cell) => (typeof cell === 'string' ? detached(cell) : cell)));
        if (rows.length === KEPT) {
          rows = rows.filter((_, index) => index % 2 === 0);
          step *= 2;
        }
      }
      seen += 1;
    },
    column: (index) => rows.map((cells) => cells[index] ?? null),
  };
}
