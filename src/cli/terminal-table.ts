import type { Paint } from './io.ts';
import { displayWidth, pad, truncate } from './terminal-text.ts';

/** A column of a table on a terminal. */
export interface TableColumn {
  title: string;
  align?: 'left' | 'right';
  /** Never made narrower than this, in columns of the terminal. Default 6. */
  minWidth?: number;
  /** Colours a cell after it has been fitted. */
  paint?: (text: string, cell: string) => string;
}

export interface TableLayout {
  /** Columns of the terminal. */
  width: number;
  paint: Paint;
  /** Blanks before each line. Default 0. */
  indent?: number;
}

const GAP = '  ';

/**
 * A table as lines fitted to a width: columns shrink from the widest down, cells that don't fit end in an ellipsis,
 * and columns for which there is no room at all are named below.
 * @param rows cells that are already safe for a terminal
 */
export function layOutTable(columns: TableColumn[], rows: string[][], layout: TableLayout): string[] {
  const indent = ' '.repeat(layout.indent ?? 0);
  const room = layout.width - indent.length;
  const shown = fitting(columns, room);
  const natural = columns.slice(0, shown).map((column, at) => {
    return rows.reduce((width, row) => Math.max(width, displayWidth(row[at] ?? '')), displayWidth(column.title));
  });
  const widths = shrink(natural, columns, room - GAP.length * (shown - 1));
  const line = (cells: string[]) => (indent + cells.join(GAP)).trimEnd();
  const lines = [
    line(widths.map((width, at) => layout.paint('bold', cellOf(columns[at], columns[at]?.title ?? '', width)))),
    line(widths.map((width) => layout.paint('dim', '─'.repeat(width)))),
    ...rows.map((row) =>
      line(
        widths.map((width, at) => {
          const cell = row[at] ?? '';
          const text = cellOf(columns[at], cell, width);
          return columns[at]?.paint?.(text, cell) ?? text;
        }),
      ),
    ),
  ];
  if (shown < columns.length) {
    const hidden = columns.slice(shown).map((column) => column.title);
    lines.push(layout.paint('dim', truncate(`${indent}not shown: ${hidden.join(', ')}`, layout.width)));
  }
  return lines;
}

function cellOf(column: TableColumn | undefined, text: string, width: number): string {
  return pad(truncate(text, width), width, column?.align === 'right' ? 'left' : 'right');
}

/** How many columns find room at their least width. */
function fitting(columns: TableColumn[], room: number): number {
  let used = 0;
  for (const [at, column] of columns.entries()) {
    used += leastWidth(column) + (at === 0 ? 0 : GAP.length);
    if (used > room) return Math.max(1, at);
  }
  return columns.length;
}

function leastWidth(column: TableColumn | undefined): number {
  return column?.minWidth ?? 6;
}

/** Takes columns from the widest until all fit, as if water were let out of them. */
function shrink(natural: number[], columns: TableColumn[], room: number): number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, width) => sum + width, 0) - room;
  while (excess > 0) {
    let widest = -1;
    for (const [at, width] of widths.entries()) {
      if (width > leastWidth(columns[at]) && (widest < 0 || width > (widths[widest] ?? 0))) widest = at;
    }
    if (widest < 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess -= 1;
  }
  return widths;
}
