/** A string of a loose JSON text: where it ends, and what it holds. */
export interface LooseString {
  end: number;
  text: string;
  /** It contains a straight double quote without a backslash. */
  hasBareQuote: boolean;
}

/** The closing quotes for each opening quote; typographic quotes come in pairs of several languages. */
const CLOSERS: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '“': '”“"',
  '”': '”"',
  '„': '“”"',
  '‘': "’‘'",
  '‚': "‘’'",
  '«': '»',
  '»': '«',
};
const ANY_QUOTE = /["'“”„‘’‚«»]/;
const SPACE = /\s|\u200b|\u200c|\u200d|\u2060/;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '\\': '\\',
  '/': '/',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** The text without white space and invisible characters around it. */
export function withoutBlankEnds(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && SPACE.test(text[start] ?? '')) start += 1;
  while (end > start && SPACE.test(text[end - 1] ?? '')) end -= 1;
  return text.slice(start, end);
}

export function opensString(char: string): boolean {
  return Object.hasOwn(CLOSERS, char);
}

const MAX_COMMENT = 10_000;

/** The length of the white space (invisible characters included) or of the comment at a position. */
export function blankLength(source: string, at: number): number {
  const char = source[at];
  if (char === undefined) return 0;
  if (SPACE.test(char)) return 1;
  if (char !== '/' && char !== '#') return 0;
  const comment = /^(?:\/\/[^\n]*|#[^\n]*|\/\*[\s\S]*?\*\/)/.exec(source.slice(at, at + MAX_COMMENT));
  return comment?.[0].length ?? 0;
}

/**
 * Reads a string whose quotes may be of any kind, and may occur unescaped inside it.
 *
 * A quote closes the string when what follows can only follow a string there (`:` after a key; `,`, `}` or `]` after a
 * value). Any other quote is part of the text, if that is certain; otherwise nothing is read.
 * @param followers the characters that may come after it
 * @returns undefined if another reading is possible
 */
export function readLooseString(source: string, start: number, followers: string): LooseString | undefined {
  const opener = source[start] ?? '';
  const closers = CLOSERS[opener] ?? '';
  /** Places in `text` of unescaped quotes that did not close. */
  const inner: number[] = [];
  let text = '';
  for (let at = start + 1; at < source.length; at += 1) {
    const char = source[at] ?? '';
    if (char === '\\') {
      const read = readEscape(source, at);
      if (read === undefined) return undefined;
      text += read.text;
      at = read.end - 1;
    } else if (closers.includes(char) && followers.includes(nextSolid(source, at + 1))) {
      if (!isBeyondDoubt(text, inner, opener)) return undefined;
      return { end: at + 1, text, hasBareQuote: inner.some((place) => text[place] === '"') };
    } else {
      if (ANY_QUOTE.test(char)) inner.push(text.length);
      text += char;
    }
  }
  return undefined;
}

/** The next character that is neither white space nor a comment's; NUL at the end. */
function nextSolid(source: string, from: number): string {
  let at = from;
  for (let blank = blankLength(source, at); blank > 0; blank = blankLength(source, at)) at += blank;
  return source[at] ?? '\0';
}

function readEscape(source: string, at: number): { end: number; text: string } | undefined {
  const char = source[at + 1] ?? '';
  const code = /^u([0-9a-f]{4})/i.exec(source.slice(at + 1, at + 6))?.[1];
  if (code !== undefined) return { end: at + 6, text: String.fromCharCode(Number.parseInt(code, 16)) };
  const text = ESCAPES[char];
  return text === undefined ? undefined : { end: at + 2, text };
}

function isBeyondDoubt(text: string, inner: readonly number[], opener: string): boolean {
  if (opener === "'") return inner.every((at) => text[at] !== "'" || isApostrophe(text, at));
  if (opener !== '"') return inner.every((at) => /['’]/.test(text[at] ?? '') && isApostrophe(text, at));
  return inner.every((at) => text[at] !== '"' || isInWords(text, at)) && isPaired(text, inner);
}

function isApostrophe(text: string, at: number): boolean {
  return /^\p{L}.\p{L}$/su.test(text.slice(at - 1, at + 2));
}

/** A quote that is not next to a JSON separator, where the string might end. */
function isInWords(text: string, at: number): boolean {
  const before = text.slice(0, at).trimEnd().at(-1) ?? '';
  const after = text.slice(at + 1).trimStart()[0] ?? '';
  return before !== '' && !/[:,[{"]/.test(before) && after !== '' && !/[:,\]}"]/.test(after);
}

/** Inner quotes come in pairs. An open inner quote may have been closed by the end of the string. */
function isPaired(text: string, inner: readonly number[]): boolean {
  let isOpen = false;
  for (const at of inner) {
    const char = text[at] ?? '';
    if (/['‘’‚«»]/.test(char)) continue;
    if (char === '„' && isOpen) return false;
    isOpen = !isOpen;
  }
  return !isOpen;
}
