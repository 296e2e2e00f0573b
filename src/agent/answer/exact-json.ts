import { parseJson } from '../../base/json/exact-number.ts';
import { repeatedKey } from '../../base/json/repeated-key.ts';
import type { Json } from '../../protocol/messages.ts';

/** Parsed JSON, or the reason why it must not be used: it may not mean what it says. */
export type ExactJson = { ok: true; value: Json } | { ok: false; reason: string };

/**
 * `JSON.parse` without its three silent losses. A repeated key is rejected (only its last value would remain). A number that
 * a JavaScript number cannot hold keeps its digits. Single backslashes of paths and formulas that happen to
 * form an escape are rejected ("C:\new", "\frac").
 * @returns undefined when the text is not JSON
 */
export function parseExactJson(text: string): ExactJson | undefined {
  let value: Json;
  try {
    value = parseJson(text) as Json;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const repeated = repeatedKey(text);
  if (repeated !== undefined) return { ok: false, reason: `the key ${repeated} occurs twice in one object` };
  const lone = loneBackslash(text);
  if (lone !== undefined) {
    return { ok: false, reason: `${lone} seems to hold a lone backslash: write a backslash in a string as \\\\` };
  }
  return { ok: true, value };
}

/** An escape that is hardly ever intended: backspace, form feed, or a line break or tab in a text like a path. */
function loneBackslash(text: string): string | undefined {
  const escapes = text.matchAll(/\\(?:u000[8c]|.)/gis);
  for (const { 0: code, index } of escapes) {
    const isControl = /^\\(?:[bf]|u000[8c])$/i.test(code) && code[1] !== 'B' && code[1] !== 'F';
    const around = text.slice(Math.max(0, index - 3), index + 3);
    if (isControl || /(?:^|[^A-Za-z\\])[C-Zc-z]:\\[nrt][a-z]$/.test(around)) return `"${around}"`;
  }
  return undefined;
}
