import { loadLater } from '../../base/process/load-later.ts';
import { onFirstUse } from '../../base/process/on-first-use.ts';

const segmenter = onFirstUse(() => new Intl.Segmenter('en', { granularity: 'grapheme' }));

/** Signs that take one column each: Latin, dashes and quotation marks, arrows. */
const SINGLE = /^[ -~\u00a1-\u00ac\u00ae-\u02ff\u2010-\u2027\u2190-\u2193]*$/;

/** Its tables of signs take 30 ms to load, which most commands need not pay. */
const stringWidth = loadLater<typeof import('string-width')>('string-width');

/** Columns that a text takes in a terminal: 2 for wide signs and emoji. */
export function displayWidth(text: string): number {
  if (SINGLE.test(text)) return text.length;
  return stringWidth().default(text);
}

/** The text, cut to a number of columns between graphemes; an ellipsis marks the cut. */
export function truncate(text: string, columns: number): string {
  if (columns === Number.POSITIVE_INFINITY) return text;
  // Assumes at most 16 UTF-16 units for one column, so that long cells are not measured as a whole.
  if (text.length <= columns * 16 && displayWidth(text) <= columns) return text;
  if (columns < 1) return '';
  let kept = '';
  let width = 0;
  for (const { segment } of segmenter().segment(text.slice(0, columns * 16))) {
    const next = displayWidth(segment);
    if (width + next > columns - 1) break;
    kept += segment;
    width += next;
  }
  return `${kept}…`;
}

/** The text, padded with blanks to a number of columns. */
export function pad(text: string, columns: number, side: 'left' | 'right' = 'right'): string {
  const blanks = ' '.repeat(Math.max(0, columns - displayWidth(text)));
  return side === 'right' ? text + blanks : blanks + text;
}
