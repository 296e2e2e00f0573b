import { decimalCommaOf } from '../../base/json/decimal-comma.ts';
import { ExactNumber, exactNumber, parseJson } from '../../base/json/exact-number.ts';
import type { Json, JsonSchema } from '../../protocol/messages.ts';

const TRUE = new Set(['true', 'yes', 'y', '1']);
const FALSE = new Set(['false', 'no', 'n', '0']);

/** How numbers are written in text. */
interface NumberOptions {
  /** With a decimal comma: 1.234,50. */
  decimalComma?: boolean;
}

/** The cell converted to the type that the schema requires, or the reason why that is not possible. */
export type Coerced = { ok: true; value: Json } | { ok: false; reason: string };

/**
 * Converts a cell to the type that a property's schema requires. Text is never guessed: it is refused unless all of it
 * parses as the type. In a list of types, the first type that fits is used. Without a type the cell is unchanged.
 */
export function coerce(cell: Json, schema: JsonSchema | undefined, options: NumberOptions = {}): Coerced {
  const types = typesOf(schema);
  if (types.length === 0) return { ok: true, value: cell };
  for (const type of types) {
    const value = toType(isNumeric(type) ? written(cell, options) : cell, type);
    if (value !== undefined) return { ok: true, value };
  }
  return { ok: false, reason: `${brief(cell)} is not of type ${types.join(' or ')}` };
}

function typesOf(schema: JsonSchema | undefined): string[] {
  const type = schema?.['type'];
  if (typeof type === 'string') return [type];
  return Array.isArray(type) ? type.filter((name): name is string => typeof name === 'string') : [];
}

function isNumeric(type: string): boolean {
  return type === 'integer' || type === 'number';
}

/** A number with a decimal comma as one with a point; null for other text where numbers have a comma. */
function written(cell: Json, { decimalComma = false }: NumberOptions): Json {
  return decimalComma && typeof cell === 'string' ? (decimalCommaOf(cell) ?? null) : cell;
}

function toType(cell: Json, type: string): Json | undefined {
  switch (type) {
    case 'string':
      return cell === null ? undefined : typeof cell === 'string' ? cell : JSON.stringify(cell);
    case 'integer':
      return integerOf(cell);
    case 'number':
      return numberOf(cell);
    case 'boolean':
      return booleanOf(cell);
    case 'null':
      return cell === null || cell === '' ? null : undefined;
    case 'array':
    case 'object':
      return structureOf(cell, type);
    default:
      return undefined;
  }
}

function integerOf(cell: Json): number | ExactNumber | undefined {
  const value = numberOf(cell);
  if (value instanceof ExactNumber) return /^-?\d+$/.test(value.digits) ? value : undefined;
  return value !== undefined && Number.isSafeInteger(value) ? value : undefined;
}

/** The digits of a JSON number: without a plus sign and without zeros before them. */
const DIGITS = /^\s*(?:\+|(-))?0*(\d+(?:\.\d+)?)\s*$/;

function numberOf(cell: Json): number | ExactNumber | undefined {
  if (typeof cell === 'number' || cell instanceof ExactNumber) return cell;
  if (typeof cell !== 'string' || !/^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/.test(cell)) return undefined;
  const [, sign = '', digits] = DIGITS.exec(cell) ?? [];
  if (digits !== undefined) return exactNumber(`${sign}${digits}`);
  const value = Number(cell);
  return Number.isFinite(value) ? value : undefined;
}

function booleanOf(cell: Json): boolean | undefined {
  if (typeof cell === 'boolean') return cell;
  const word = String(cell).trim().toLowerCase();
  return TRUE.has(word) ? true : FALSE.has(word) ? false : undefined;
}

function structureOf(cell: Json, type: 'array' | 'object'): Json | undefined {
  const value = typeof cell === 'string' ? parse(cell) : cell;
  if (value === null || typeof value !== 'object' || value instanceof ExactNumber) return undefined;
  return Array.isArray(value) === (type === 'array') ? value : undefined;
}

function parse(text: string): Json {
  try {
    return parseJson(text) as Json;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function brief(cell: Json): string {
  const text = JSON.stringify(cell);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
