/** C0 and C1 controls, DEL, and the characters that reorder or hide text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: this pattern finds control characters
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g;
const LINE_BREAK = /\r\n|[\n\r\u2028\u2029]/g;

/**
 * Text from a table, a model or a tool as one line that can't steer a terminal: line ends and tabs become visible
 * signs. Every other control character, and so every escape sequence, becomes its code point in brackets.
 */
export function oneLine(text: string): string {
  return text.replace(LINE_BREAK, '⏎').replaceAll('\t', ' ').replace(UNSAFE, codePoint);
}

/** The same for text of several lines: line feeds and tabs stay. */
export function manyLines(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(UNSAFE, (sign) => (sign === '\n' || sign === '\t' ? sign : codePoint(sign)));
}

function codePoint(sign: string): string {
  return `<${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(2, '0')}>`;
}

/** Any JSON value as one safe line: strings as they are, the rest as JSON. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return '';
  return oneLine(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
}
