import { ExactNumber, parseJson } from '../../base/exact-number.ts';
import type { Json, JsonObject } from '../../protocol/messages.ts';

/** The result of reading one line of JSONL. */
export type JsonLine = { kind: 'object'; value: JsonObject } | { kind: 'wrong'; reason: string };

/** Reads one line; numbers that a JavaScript number can't hold keep their digits. */
export function parseJsonLine(text: string): JsonLine {
  let value: Json;
  try {
    value = parseJson(text) as Json;
  } catch (cause) {
    return { kind: 'wrong', reason: `not JSON (${cause instanceof Error ? cause.message : String(cause)})` };
  }
  if (value === null || typeof value !== 'object') {
    return { kind: 'wrong', reason: `a ${value === null ? 'null' : typeof value} where an object is expected` };
  }
  if (Array.isArray(value)) return { kind: 'wrong', reason: 'an array where an object is expected' };
  if (value instanceof ExactNumber) return { kind: 'wrong', reason: 'a number where an object is expected' };
  return { kind: 'object', value };
}
