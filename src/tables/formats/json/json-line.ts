import { ExactNumber, parseJson } from '../../../base/json/exact-number.ts';
import { repeatedKey } from '../../../base/json/repeated-key.ts';
import type { Json, JsonObject } from '../../../protocol/messages.ts';

/** The result of reading one line of JSONL. */
export type JsonLine =
  | {
      kind: 'object';
      value: JsonObject;
      /** A key that one object has twice: only its last value is in the value. */
      repeated?: string;
    }
  | { kind: 'wrong'; reason: string };

/** Reads one line; numbers that a JavaScript number can't hold keep their digits. */
export function parseJsonLine(text: string): JsonLine {
  let value: Json;
  try {
    value = parseJsonText(text);
  } catch (cause) {
    return { kind: 'wrong', reason: `not JSON (${cause instanceof Error ? cause.message : String(cause)})` };
  }
  if (value === null || typeof value !== 'object') {
    return { kind: 'wrong', reason: `a ${value === null ? 'null' : typeof value} where an object is expected` };
  }
  if (Array.isArray(value)) return { kind: 'wrong', reason: 'an array where an object is expected' };
  if (value instanceof ExactNumber) return { kind: 'wrong', reason: 'a number where an object is expected' };
  const repeated = mayRepeatKeys(text, value) ? repeatedKey(text) : undefined;
  return { kind: 'object', value, ...(repeated !== undefined && { repeated }) };
}

const KEY_END = /"\s*:/g;

/** Whether a text has more ends of keys than its value has keys: a cheap check, which texts in strings may alarm. */
function mayRepeatKeys(text: string, value: JsonObject): boolean {
  return (text.match(KEY_END)?.length ?? 0) !== countKeys(value);
}

function countKeys(value: Json): number {
  if (typeof value !== 'object' || value === null || value instanceof ExactNumber) return 0;
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + countKeys(item), 0);
  const keys = Object.keys(value);
  return keys.reduce((sum, key) => sum + countKeys(value[key] ?? null), keys.length);
}

/** Code that goes through a value calls itself once for each level, and the stack is limited. */
const MAX_DEPTH = 256;

/**
 * Reads JSON; numbers that a JavaScript number can't hold keep their digits.
 * @throws SyntaxError also for JSON that is nested too deep
 */
export function parseJsonText(text: string): Json {
  if (isTooDeep(text)) throw new SyntaxError(`nested more than ${MAX_DEPTH} levels deep`);
  return parseJson(text) as Json;
}

function isTooDeep(text: string): boolean {
  if (text.length < 2 * MAX_DEPTH) return false;
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === 92) at += 1;
      else if (code === 34) inString = false;
    } else if (code === 34) inString = true;
    else if (code === 91 || code === 123) depth += 1;
    else if (code === 93 || code === 125) depth -= 1;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
}
