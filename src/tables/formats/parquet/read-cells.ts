import { isUtf8 } from 'node:buffer';
import type { ParquetParsers, SchemaElement, SchemaTree } from 'hyparquet';
import { exactNumber } from '../../../base/json/exact-number.ts';
import type { Json, JsonObject } from '../../../protocol/messages.ts';
import type { Cell } from '../../cell.ts';
import { parseJsonText } from '../json/json-line.ts';
import { decimalOf, isDecimalElement, timeOf, timestampOf } from './column-type.ts';

/** Turns one decoded value of a column into a cell. */
export type CellReader = (value: unknown) => Cell;

/** Parsers that lose nothing: hyparquet's own return dates in milliseconds and drop a text's byte order mark. */
export const EXACT_PARSERS: Partial<ParquetParsers> = {
  timestampFromMilliseconds: (value: bigint) => timestampText(value, 3),
  timestampFromMicroseconds: (value: bigint) => timestampText(value, 6),
  timestampFromNanoseconds: (value: bigint) => timestampText(value, 9),
  dateFromDays: (days: number) => (days === undefined || days === null ? days : dateText(days)),
  stringFromBytes: (bytes: Uint8Array) => bytes && bufferOf(bytes).toString('utf8'),
  jsonFromBytes: (bytes: Uint8Array) => bytes && jsonOf(bufferOf(bytes).toString('utf8')),
};

/**
 * Removes the types from a schema element for which hyparquet rounds (decimals become floats) or fails (BSON,
 * intervals). Their values are then returned as they are stored, and {@link cellReader} reads them.
 */
export function withoutLossyTypes(element: SchemaElement): SchemaElement {
  const isRaw = element.converted_type === 'BSON' || element.converted_type === 'INTERVAL';
  if (!isRaw && !isDecimalElement(element)) return element;
  const { converted_type: _converted, logical_type: _logical, ...raw } = element;
  return raw;
}

/** The reader of a column, by its schema in the file. */
export function cellReader({ element, children }: SchemaTree): CellReader {
  if (children.length > 0) return nestedCell;
  if (isDecimalElement(element)) {
    const { scale } = decimalOf(element);
    return (value) => (value === null || value === undefined ? null : decimalText(unscaled(value), scale));
  }
  const time = timeOf(element);
  if (time !== undefined) {
    const { digits } = time;
    return (value) =>
      typeof value === 'number' || typeof value === 'bigint' ? timeText(BigInt(value), digits) : plainCell(value);
  }
  if (timestampOf(element)?.isLocal) {
    return (value) => (typeof value === 'string' ? value.replace(/Z$/, '') : plainCell(value));
  }
  return plainCell;
}

/** Integers keep every digit; numbers that JSON can't hold are text. */
function plainCell(value: unknown): Cell {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'bigint':
      return exactNumber(String(value));
    default:
      return value === null || value === undefined ? null : nestedCell(value);
  }
}

function nestedCell(value: unknown): Cell {
  if (value instanceof Uint8Array) return bytesText(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(nestedCell);
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<unknown>, nestedCell);
  if (typeof value !== 'object' || value === null) return plainCell(value);
  const cell: JsonObject = {};
  for (const [key, part] of Object.entries(value)) cell[key] = nestedCell(part);
  return cell;
}

/** Bytes as text if they are UTF-8 (older writers store strings this way); otherwise in base64. */
function bytesText(bytes: Uint8Array): string {
  const buffer = bufferOf(bytes);
  return isUtf8(buffer) ? buffer.toString('utf8') : `base64:${buffer.toString('base64')}`;
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function jsonOf(text: string): Json {
  try {
    return parseJsonText(text);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

function unscaled(value: unknown): bigint {
  if (!(value instanceof Uint8Array)) return BigInt(value as number | bigint);
  let sum = 0n;
  for (const byte of value) sum = (sum << 8n) | BigInt(byte);
  return BigInt.asIntN(value.length * 8, sum);
}

function decimalText(value: bigint, scale: number): string {
  if (scale <= 0) return String(value * 10n ** BigInt(-scale));
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** The limit of a JavaScript date, in days and seconds from 1970. */
const MAX_DAYS = 100_000_000;
const MAX_SECONDS = 86_400n * BigInt(MAX_DAYS);

function dateText(days: number): string {
  return Math.abs(days) > MAX_DAYS ? String(days) : new Date(days * 86_400_000).toISOString().replace(/T.*$/, '');
}

/** ISO 8601 with as many digits after the second as the unit has. */
function timestampText(value: bigint | undefined | null, digits: number): string | undefined {
  if (value === undefined || value === null) return undefined;
  const unit = 10n ** BigInt(digits);
  const parts = BigInt.asIntN(128, BigInt(value));
  const seconds = parts / unit - (parts % unit < 0n ? 1n : 0n);
  if (seconds > MAX_SECONDS || seconds < -MAX_SECONDS) return String(value);
  const fraction = String(parts - seconds * unit).padStart(digits, '0');
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, -'.000Z'.length)}.${fraction}Z`;
}

function timeText(value: bigint, digits: number): string {
  const unit = 10n ** BigInt(digits);
  const seconds = Number(value / unit);
  const two = (part: number) => String(Math.floor(part)).padStart(2, '0');
  const fraction = String(value % unit).padStart(digits, '0');
  return `${two(seconds / 3600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}.${fraction}`;
}
