import { counted } from '../../base/figures.ts';
import { holdsReplacement } from '../../base/json/well-formed.ts';
import type { Json } from '../../protocol/messages.ts';
import type { RowRecord } from '../../storage/rows.ts';

/** How many lines the warning names. */
const SHOWN_LINES = 5;
const WARNING = 'An expression, a tool or the model made text with half a character';

/** Finds the rows whose input or output holds U+FFFD although their cells do not: a text was repaired on the way. */
export function createRepairCount(): {
  see(row: Pick<RowRecord, 'line' | 'cells' | 'input' | 'output'>): void;
  /** The warnings plus one about these rows. A table may be written again: the earlier warning is replaced. */
  addTo(warnings: readonly Json[]): Json[];
} {
  let rows = 0;
  const lines: number[] = [];
  return {
    see({ line, cells, input, output }) {
      if ((!holdsReplacement(input) && !holdsReplacement(output)) || holdsReplacement(cells)) return;
      rows += 1;
      if (lines.length < SHOWN_LINES) lines.push(line);
    },
    addTo(warnings) {
      const others = warnings.filter((warning) => !String(warning).startsWith(WARNING));
      if (rows === 0) return others;
      const place = `line${rows === 1 ? '' : 's'} ${lines.join(', ')}${rows > lines.length ? ' and more' : ''}`;
      return [...others, `${WARNING} in ${counted(rows, 'row')} (${place}): it is replaced by U+FFFD.`];
    },
  };
}
