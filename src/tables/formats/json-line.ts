import type { Json, JsonObject } from '../../protocol/messages.ts';

/** The result of reading one line of JSONL. */
export type JsonLine = { kind: 'object'; value: JsonObject } | { kind: 'wrong'; reason: string };

/**
 * Reads one line. Integers that a JavaScript number can't hold exactly, and numbers beyond its range, are kept as
 * strings.
 */
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
  return { kind: 'object', value };
}

/**
 * `JSON.parse` that keeps integers that a JavaScript number can't hold exactly, and numbers beyond its range, as
 * strings.
 * @throws SyntaxError
 */
export function parseJsonText(text: string): Json {
  // The reviver makes parsing several times slower, so it is used only for texts that may need it.
  return /\d{16}|\de\+?\d{3}/i.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text);
}

/** The third argument comes from the "JSON.parse source text access" proposal, in V8 since 11.4. */
function keepDigits(_key: string, value: Json, context?: { source?: string }): Json {
  if (typeof value !== 'number' || context?.source === undefined) return value;
  const isLossyInteger = Number.isInteger(value) && !Number.isSafeInteger(value) && /^-?\d+$/.test(context.source);
  return isLossyInteger || !Number.isFinite(value) ? context.source : value;
}
