import type { Paint } from '../io.ts';
import { displayWidth, pad, truncate } from './terminal-text.ts';

/** A column of a table on a terminal. */
export interface TableColumn {
  title: string;
  align?: 'left' | 'right';
  /** Never made narrower than this, in columns of the terminal; `whole`: than its widest cell. Default 6. */
  minWidth?: number | 'whole';
  /** Hidden only if there is no room for it beside the first column. */
  keep?: boolean;
  /** Colours a cell after it has been fitted. */
  paint?: (text: string, cell: string) => string;
}

export interface TableLayout {
  /** Columns of the terminal; infinite where there is none: then nothing is cut. */
  width: number;
  paint: Paint;
  /** Blanks before each line. Default 0. */
  indent?: number;
}

const GAP = '  ';
/** Without a terminal, columns are padded to at most this width: to pad to longer cells would write mostly blanks. */
const WIDEST_PADDED = 100;

/**
 * A table as lines fitted to a width: the widest columns shrink first, and cells that don't fit end in an ellipsis.
 * Columns without any room are named below the table.
 * @param rows cells that are already safe for a terminal
 */
export function layOutTable(columns: TableColumn[], rows: string[][], layout: TableLayout): string[] {
  const indent = ' '.repeat(layout.indent ?? 0);
  const room = layout.width - indent.length;
  const places = fitting(
    columns.map((column, at) => leastWidth(column, rows, at)),
    { columns, room },
  );
  const shown = columns.filter((_, place) => places.has(place));
  const cells = rows.map((row) => columns.flatMap((_, place) => (places.has(place) ? [row[place] ?? ''] : [])));
  const widths = shrink(
    naturalWidths(shown, cells, layout),
    shown.map((column, at) => leastWidth(column, cells, at)),
    room - GAP.length * (shown.length - 1),
  );
  const cellOf = (at: number, text: string): string => {
    const width = widths[at] ?? 0;
    const fitted = layout.width === Number.POSITIVE_INFINITY ? text : truncate(text, width);
    return pad(fitted, width, shown[at]?.align === 'right' ? 'left' : 'right');
  };
  const line = (texts: string[]) => (indent + texts.join(GAP)).trimEnd();
  const lines = [
    line(shown.map(({ title }, at) => layout.paint('bold', cellOf(at, title)))),
    line(widths.map((width) => layout.paint('dim', '─'.repeat(width)))),
    ...cells.map((row) =>
      line(
        row.map((cell, at) => {
          const text = cellOf(at, cell);
          return shown[at]?.paint?.(text, cell) ?? text;
        }),
      ),
    ),
  ];
  if (shown.length < columns.length) {
    const hidden = columns.flatMap(({ title }, place) => (places.has(place) ? [] : [title]));
    lines.push(layout.paint('dim', truncate(`${indent}not shown: ${hidden.join(', ')}`, layout.width)));
  }
  return lines;
}

function naturalWidths(columns: TableColumn[], rows: string[][], layout: TableLayout): number[] {
  const most = layout.width === Number.POSITIVE_INFINITY ? WIDEST_PADDED : layout.width;
  return columns.map(({ title }, at) => {
    const widest = rows.reduce((width, row) => Math.max(width, displayWidth(row[at] ?? '')), displayWidth(title));
    return Math.min(widest, most);
  });
}

/** The indexes of the columns that fit at their least width. Priority: the first, those with `keep`, the others. */
function fitting(
  least: readonly number[],
  { columns, room }: { columns: readonly TableColumn[]; room: number },
): Set<number> {
  const found = new Set<number>();
  let used = -GAP.length;
  const rank = (place: number) => (place === 0 ? 0 : columns[place]?.keep === true ? 1 : 2);
  const inTurn = [...columns.keys()].sort((a, b) => rank(a) - rank(b));
  for (const place of inTurn) {
    used += (least[place] ?? 0) + GAP.length;
    if (used > room && found.size > 0) break;
    found.add(place);
  }
  return found;
}

function leastWidth({ title, minWidth = 6 }: TableColumn, rows: readonly string[][], at: number): number {
  if (minWidth !== 'whole') return minWidth;
  return rows.reduce((width, row) => Math.max(width, displayWidth(row[at] ?? '')), displayWidth(title));
}

/** Narrows the widest column by one, again and again, until all columns fit. */
function shrink(natural: number[], least: readonly number[], room: number): number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, width) => sum + width, 0) - room;
  while (excess > 0) {
    let widest = -1;
    for (const [at, width] of widths.entries()) {
      if (width > (least[at] ?? 0) && (widest < 0 || width > (widths[widest] ?? 0))) widest = at;
    }
    if (widest < 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess -= 1;
  }
  return widths;
}
