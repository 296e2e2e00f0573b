import type { RE2JS } from 're2js';
import { loadLater } from '../process/load-later.ts';

const re2js = loadLater<typeof import('re2js')>('re2js');

const compiled = new WeakMap<RegExp, RE2JS>();

/**
 * Translates a JavaScript regular expression for RE2, whose time is linear in the text, so that no pattern can hang.
 * @throws Error when it uses a feature that RE2 lacks: back-references, look-ahead, look-behind, huge repetitions
 */
export function toLinearPattern(pattern: RegExp): RE2JS {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  const { RE2JS } = re2js();
  const flags = (pattern.ignoreCase ? RE2JS.CASE_INSENSITIVE : 0) | (pattern.multiline ? RE2JS.MULTILINE : 0);
  let regex: RE2JS;
  try {
    regex = RE2JS.compile(withUnicodeSpaces(RE2JS.translateRegExp(pattern.source)), flags);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `the regular expression /${pattern.source.slice(0, 80)}/ can't be run in linear time (${reason}); ` +
        'write it without back-references, look-ahead, look-behind and repetitions over 1,000',
      { cause },
    );
  }
  compiled.set(pattern, regex);
  return regex;
}

/** White space beyond RE2's `\s`, as JavaScript has it: tables are full of no-break spaces. */
const MORE_SPACES = '\\v\\x{feff}\\p{Z}';

/** Everything but JavaScript's white space, in ranges: a class of RE2 can't hold another class's complement. */
const NO_SPACES = [
  ...['\\x{0}-\\x{8}', '\\x{e}-\\x{1f}', '\\x{21}-\\x{9f}', '\\x{a1}-\\x{167f}', '\\x{1681}-\\x{1fff}'],
  ...['\\x{200b}-\\x{2027}', '\\x{202a}-\\x{202e}', '\\x{2030}-\\x{205e}', '\\x{2060}-\\x{2fff}'],
  ...['\\x{3001}-\\x{fefe}', '\\x{ff00}-\\x{10ffff}'],
].join('');

/** Widens `\s` to JavaScript's white space, and narrows `\S` to what is left. */
function withUnicodeSpaces(pattern: string): string {
  let isInBrackets = false;
  return pattern.replace(/\\[\s\S]|[[\]]/g, (token) => {
    if (token === '[') isInBrackets = true;
    else if (token === ']') isInBrackets = false;
    else if (token === '\\s') return isInBrackets ? `\\s${MORE_SPACES}` : `[\\s${MORE_SPACES}]`;
    else if (token === '\\S') return isInBrackets ? NO_SPACES : `[${NO_SPACES}]`;
    return token;
  });
}
