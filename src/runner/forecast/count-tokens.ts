/** Longest text that is counted whole, in characters; of a longer one this much is counted, and the rest in proportion. */
const COUNTED = 40_000;
const PIECES = /[A-Za-z]+|\p{L}+|\p{N}+|[^\S\n]+|\n+|[^\p{L}\p{N}\s]+/gu;

/**
 * About how many tokens a text has. Tokenizers of language models cut at the borders of words, numbers and signs; this
 * counts these pieces, and longer pieces by the letters that a token holds in their script. Measured against
 * `o200k_base` on prose, JSON, code, addresses and ten languages it is within 20 % (Polish: 30 % too few). Other
 * tokenizers differ by a factor, which the provider's descriptor states.
 */
export function countTokens(text: string): number {
  if (text.length > COUNTED) return (countTokens(text.slice(0, COUNTED)) * text.length) / COUNTED;
  let tokens = 0;
  for (const [piece] of text.matchAll(PIECES)) tokens += tokensOf(piece);
  return tokens;
}

function tokensOf(piece: string): number {
  const { length } = piece;
  const first = piece.codePointAt(0) ?? 0;
  if (isAsciiLetter(first)) return wordTokens(piece);
  if (isDigit(first)) return Math.ceil(length / 3);
  // A space belongs to the word after it.
  if (first === 0x20 || first === 0x09) return length === 1 ? 0 : 1;
  if (first === 0x0a) return 1;
  if (first < 0x80) return SIGN + (length - 1) * MORE_SIGNS;
  return length * scriptOf(first);
}

/** A sign often shares a token with what is beside it, and signs with each other. */
const SIGN = 0.72;
const MORE_SIGNS = 0.36;

/** Common words are one token; long words, names and capitals are cut. */
function wordTokens(word: string): number {
  const { length } = word;
  if (length <= 3) return 1;
  const isShouted = word === word.toUpperCase();
  if (isShouted) return Math.max(1, length / 2.6);
  const humps = word.slice(1).match(/[A-Z]/g)?.length ?? 0;
  return 1 + humps * 0.5 + Math.max(0, length - 6) * 0.08;
}

/** Tokens of a character beyond ASCII, by its script. */
function scriptOf(code: number): number {
  if (code < 0x370) return 0.5;
  if (code < 0x600) return 0.3;
  if (code < 0x900) return 0.36;
  if (code < 0xe00) return 0.4;
  if (code < 0x1100) return 0.5;
  if (code >= 0x2000 && code < 0x2e80) return 0.9;
  if (code >= 0xac00 && code < 0xd7b0) return 0.65;
  if (code >= 0x1f000) return 1.1;
  return 0.72;
}

function isAsciiLetter(code: number): boolean {
  return (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
