import { stringEnd } from '../../base/json/repeated-key.ts';
import type { Json } from '../../protocol/messages.ts';
import { parseExactJson } from './exact-json.ts';
import { readLooseJson } from './loose-json.ts';

/** Every complete object and array in a text, or why none of them can be trusted. */
export type Candidates = { ok: true; values: Json[] } | { ok: false; reason: string };

/** Limit of braces outside JSON; an answer with more is rejected. Each brace costs a scan up to the end of the text. */
const MAX_OPENERS = 50;

/** Replaces an extracted value in the prose (U+FFFC, the object replacement character). */
const VALUE = '\ufffc';
/** A field outside braces: its object has no start. */
const PART_BEFORE = /["“”„'’]\s*:\s*(?:\ufffc|["“„'\d-]|true|false|null)/;
const PART_AFTER = /\ufffc\s*,\s*["“„'\ufffc]/;

/**
 * Finds the JSON in prose, code fences included. Contract: a part of a larger object or array is never returned as a whole.
 * If an object or array has no end or no start, nothing is found.
 */
export function findCandidates(text: string): Candidates {
  const values: Json[] = [];
  let prose = '';
  let openBraces = 0;
  for (let at = 0, openers = 0; at < text.length; ) {
    const char = text[at] ?? '';
    if (char !== '{' && char !== '[') {
      if (char === '}' && openBraces === 0) return { ok: false, reason: 'an object ends that did not begin' };
      if (char === '}') openBraces -= 1;
      if (char === ']' && values.length > 0 && prose.trimEnd().endsWith(VALUE)) {
        return { ok: false, reason: 'an array ends that did not begin' };
      }
      prose += char === VALUE ? ' ' : char;
      at += 1;
      continue;
    }
    const read = readAt(text, at);
    if (read !== undefined) {
      if (!read.json.ok) return read.json;
      values.push(read.json.value);
      prose += VALUE;
      at = read.end;
      continue;
    }
    openers += 1;
    if (openers > MAX_OPENERS) return { ok: false, reason: 'it has too many braces outside of its JSON' };
    if (looksLikeJson(text, at)) return { ok: false, reason: `the JSON that begins with ${brief(text, at)} is broken` };
    if (char === '{') openBraces += 1;
    prose += char;
    at += 1;
  }
  if (PART_BEFORE.test(prose) || PART_AFTER.test(prose)) {
    return { ok: false, reason: 'a part of an object stands outside of its braces' };
  }
  return { ok: true, values };
}

/** The first complete object of a text, if it is exact JSON; what follows it does not matter. */
export function firstObject(text: string): Json | undefined {
  const start = text.indexOf('{');
  const end = start < 0 ? undefined : balancedEnd(text, start);
  const read = end === undefined ? undefined : parseExactJson(text.slice(start, end));
  return read?.ok ? read.value : undefined;
}

function readAt(text: string, at: number): ReturnType<typeof readLooseJson> {
  const end = balancedEnd(text, at);
  const json = end === undefined ? undefined : parseExactJson(text.slice(at, end));
  return end === undefined || json === undefined ? readLooseJson(text, at) : { end, json };
}

/** The position at which all brackets that open at `start` are closed. */
function balancedEnd(text: string, start: number): number | undefined {
  const closers: string[] = [];
  for (let at = start; at < text.length; at += 1) {
    const char = text[at];
    if (char === '"') at = stringEnd(text, at) - 1;
    else if (char === '{') closers.push('}');
    else if (char === '[') closers.push(']');
    else if (char === '}' || char === ']') {
      if (closers.pop() !== char) return undefined;
      if (closers.length === 0) return at + 1;
    }
  }
  return undefined;
}

/** Whether an object or array seems to begin here: a brace followed by a key, or a bracket followed by a brace or bracket. */
function looksLikeJson(text: string, at: number): boolean {
  const rest = text.slice(at, at + 300);
  return (
    /^\{\s*(?:["“”„‘'«]|[\p{L}_$][\p{L}\p{N}_$ -]*:|&quot;|\\"|\/\/|\/\*|$)/u.test(rest) || /^\[\s*[{["“„]/.test(rest)
  );
}

function brief(text: string, at: number): string {
  const start = text.slice(at, at + 30).replaceAll(/\s+/g, ' ');
  return start.length < 30 ? start : `${start}…`;
}
