import stringWidth from 'string-width';

/** C0 and C1 controls, DEL, and the characters that reorder or hide text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is what it is for
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g;
const LINE_BREAK = /\r\n|[\n\r\u2028\u2029]/g;
const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * Text from a table, a model or a tool as one line that can't steer a terminal: line ends and tabs become visible
 * signs, every other control character (so every escape sequence) its code point in brackets.
 */
export function oneLine(text: string): string {
  return text.replace(LINE_BREAK, '⏎').replaceAll('\t', ' ').replace(UNSAFE, codePoint);
}

/** The same for running text: line feeds and tabs stay. */
export function manyLines(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(UNSAFE, (sign) => (sign === '\n' || sign === '\t' ? sign : codePoint(sign)));
}

function codePoint(sign: string): string {
  return `<${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(2, '0')}>`;
}

/** Columns that a text takes in a terminal: 2 for wide signs and emoji. */
export function displayWidth(text: string): number {
  return stringWidth(text);
}

/** The text, cut to a number of columns between graphemes; what was cut shows as an ellipsis. */
export function truncate(text: string, columns: number): string {
  // No sign is narrower than its UTF-16 units would suggest by more than a cluster, so long cells are not measured whole.
  if (text.length <= columns * 16 && displayWidth(text) <= columns) return text;
  if (columns < 1) return '';
  let kept = '';
  let width = 0;
  for (const { segment } of segmenter.segment(text.slice(0, columns * 16))) {
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

/** Any JSON value as one safe line: strings as they are, the rest as JSON. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return '';
  return oneLine(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
}
