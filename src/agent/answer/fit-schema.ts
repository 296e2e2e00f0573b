import { ExactNumber, exactNumber } from '../../base/json/exact-number.ts';
import type { Validator, WrongType } from '../../base/schema/schema.ts';
import { parseExactJson } from './exact-json.ts';

/** A value that fits a schema, and what was read differently from how it is written; or the faults, for the model. */
export type Fitted = { valid: true; value: unknown; readings: string[] } | { valid: false; errors: string[] };

/** How often the rest is read again: what was JSON in text may hold further text, and a large value has one fault at a time. */
const MAX_ROUNDS = 20;
/** Decimal digits that every JavaScript number keeps. */
const SAFE_DIGITS = 15;

/**
 * Checks a value, and reads text as the type that the schema asks for where nothing is lost: "7" as 7, "true" as true, an
 * object or array as JSON text. Text that the schema accepts stays text. Contract: never guesses: "007", "1,5" and " 7"
 * are not read, and the result is used only if all of it fits.
 */
export function fitSchema(value: unknown, validate: Validator): Fitted {
  const first = validate(value);
  if (first.valid) return { valid: true, value, readings: [] };
  const readings: string[] = [];
  let current = value;
  let result: ReturnType<Validator> = first;
  for (let round = 0; round < MAX_ROUNDS && !result.valid; round += 1) {
    const before = current;
    for (const wrong of result.wrongTypes ?? []) {
      const found = at(current, wrong.path);
      const read = readAs(found, wrong);
      if (read === undefined) continue;
      current = replacedAt(current, wrong.path, read.value);
      readings.push(`${wrong.path.join('.') || 'the answer'}: ${read.from}`);
    }
    if (current === before) break;
    result = validate(current);
  }
  return result.valid ? { valid: true, value: current, readings } : { valid: false, errors: first.errors };
}

/** A value as one of the types that the schema accepts in its place, where nothing is lost. */
function readAs(value: unknown, { types }: WrongType): { value: unknown; from: string } | undefined {
  if (value instanceof ExactNumber) {
    return types.includes('string') ? { value: value.digits, from: 'text from a long number' } : undefined;
  }
  if (typeof value !== 'string') return undefined;
  if (types.includes('number') || types.includes('integer')) {
    const number = losslessNumber(value);
    if (number !== undefined) return { value: number, from: 'a number from text' };
  }
  if (types.includes('boolean') && (value === 'true' || value === 'false')) {
    return { value: value === 'true', from: 'a boolean from text' };
  }
  const structure = types.includes('object') || types.includes('array') ? structureOf(value, types) : undefined;
  return structure === undefined ? undefined : { value: structure, from: 'JSON in text' };
}

/** The number of a text in JSON's own form, if it keeps all of its digits. */
function losslessNumber(text: string): number | ExactNumber | undefined {
  const [, whole = '', fraction = ''] = /^-?(0|[1-9]\d*)(?:\.(\d+))?(?:[eE][+-]?\d+)?$/.exec(text) ?? [];
  if (whole === '') return undefined;
  const number = exactNumber(text);
  const isShort = `${whole}${fraction}`.replace(/^0+/, '').length <= SAFE_DIGITS;
  return isShort || number instanceof ExactNumber || String(number) === text ? number : undefined;
}

/** The object or array of a JSON text, as a double encoding leaves it. */
function structureOf(text: string, types: readonly string[]): unknown {
  if (!/^\s*[[{"]/.test(text)) return undefined;
  const read = parseExactJson(text);
  if (read?.ok !== true) return undefined;
  const kind = Array.isArray(read.value) ? 'array' : typeof read.value;
  return types.includes(kind) || kind === 'string' ? read.value : undefined;
}

function at(value: unknown, path: readonly string[]): unknown {
  let part = value;
  for (const key of path) {
    if (typeof part !== 'object' || part === null || !Object.hasOwn(part, key)) return undefined;
    part = (part as Record<string, unknown>)[key];
  }
  return part;
}

function replacedAt(value: unknown, [key, ...rest]: readonly string[], part: unknown): unknown {
  if (key === undefined) return part;
  if (Array.isArray(value)) {
    return value.map((item, index) => (String(index) === key ? replacedAt(item, rest, part) : item));
  }
  const fields = value as Record<string, unknown>;
  return { ...fields, [key]: replacedAt(fields[key], rest, part) };
}
