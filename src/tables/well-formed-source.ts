import { wellFormed } from '../base/json/well-formed.ts';
import type { Cell } from './cell.ts';
import type { RowSource, SourceRow, TableWarning } from './row-source.ts';

/** How many lines a warning names. */
const SHOWN_LINES = 5;

/**
 * The source with every lone surrogate in its cells and column names replaced by U+FFFD, and with a warning that counts
 * the cells and names their lines. JSON can hold such text, and providers refuse the whole provider job that does.
 */
export function wellFormedSource<Source extends RowSource>(source: Source): Source {
  let count = 0;
  const lines: number[] = [];
  const repair = (row: SourceRow): SourceRow => {
    if (wellFormed(row) === row) return row;
    const cells = row.cells.map((cell): Cell => {
      const repaired = wellFormed(cell);
      if (repaired === cell) return cell;
      count += 1;
      if (lines.at(-1) !== row.line) lines.push(row.line);
      if (lines.length > SHOWN_LINES + 1) lines.pop();
      return repaired;
    });
    if (row.kind === 'malformed') return { ...row, text: row.text.toWellFormed(), cells };
    return { ...row, cells };
  };
  const warning = (): TableWarning[] => {
    const [line] = lines;
    if (line === undefined) return [];
    const shown = lines.slice(0, SHOWN_LINES).join(', ');
    const place =
      lines.length === 1 ? `on line ${shown}` : `on lines ${shown}${lines.length > SHOWN_LINES ? ' and more' : ''}`;
    const cells = count === 1 ? '1 cell holds' : `${count} cells hold`;
    const message = `${cells} half a character (text that was cut within one), ${place}: it is replaced by U+FFFD.`;
    return [{ code: 'lone_surrogates', message, count, line }];
  };
  return {
    ...source,
    columns: () => source.columns().map((name) => name.toWellFormed()),
    warnings: () => [...source.warnings(), ...warning()],
    async *rows(signal, options) {
      for await (const rows of source.rows(signal, options)) yield rows.map(repair);
    },
  };
}
