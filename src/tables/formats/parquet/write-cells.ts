import { ExactNumber } from '../../../base/json/exact-number.ts';
import type { Cell, StoredType } from '../../cell.ts';
import { cellText } from '../row-text.ts';
import { type StoredElement, timeOf, timestampOf } from './column-type.ts';

/** Converts a cell to the value that the writer accepts for its column; throws an Error with the reason if it can't. */
export type CellWriter = (cell: Cell) => unknown;

/** The writer of a column. A cell that {@link cellReader} read from a column of the same type is written unchanged. */
export function cellWriter(type: StoredType): CellWriter {
  const write = writerOf(type);
  return (cell) => (cell === null ? null : write(cell));
}

function writerOf(type: StoredType): CellWriter {
  if (typeof type === 'object') return storedWriter(type.parquet as StoredElement);
  switch (type) {
    case 'string':
      return cellText;
    case 'json':
      return (cell) => cell;
    case 'integer':
      return (cell) => integerOf(cell, 64);
    case 'number':
      return exactlyNumberOf;
    case 'boolean':
      return booleanOf;
  }
}

function storedWriter(element: StoredElement): CellWriter {
  const { type, converted_type: converted, logical_type: logical } = element;
  if (converted === 'DECIMAL') {
    const { scale = 0, precision = 0 } = element;
    return (cell) => decimalOf(cell, scale, precision);
  }
  if (converted === 'DATE' || logical?.type === 'DATE') return daysOf;
  const timestamp = timestampOf(element);
  if (timestamp !== undefined) return (cell) => timestampValue(cell, timestamp.digits);
  const time = timeOf(element);
  if (time !== undefined) return (cell) => timeValue(cell, time.digits, type === 'INT32');
  switch (type) {
    case 'BOOLEAN':
      return booleanOf;
    case 'INT32':
      return (cell) => Number(integerOf(cell, isUnsigned(element) ? 33 : 32));
    case 'INT64':
      return (cell) => integerOf(cell, isUnsigned(element) ? 65 : 64);
    case 'FLOAT':
    case 'DOUBLE':
      return numberOf;
    default:
      return logical?.type === 'FLOAT16' ? numberOf : cellText;
  }
}

function isUnsigned({ converted_type: converted, logical_type: logical }: StoredElement): boolean {
  return (converted?.startsWith('UINT_') ?? false) || (logical?.type === 'INTEGER' && !logical.isSigned);
}

/** `bits` includes the sign: an unsigned number of 64 bits fits in 65. */
function integerOf(cell: Cell, bits: number): bigint {
  const isWhole = typeof cell === 'number' ? Number.isInteger(cell) : /^-?\d+$/.test(String(cell));
  if (!isWhole || typeof cell === 'boolean') throw unfit(cell, 'a whole number');
  const value = BigInt(typeof cell === 'number' ? cell : String(cell));
  if (BigInt.asIntN(bits, value) !== value) throw unfit(cell, `a whole number of ${bits} bits`);
  return value;
}

function numberOf(cell: Cell): number {
  if (typeof cell === 'number') return cell;
  if (cell instanceof ExactNumber) return Number(cell.digits);
  if (typeof cell === 'string' && /^-?Infinity$|^NaN$|^[+-]?\d/.test(cell)) return Number(cell);
  throw unfit(cell, 'a number');
}

function exactlyNumberOf(cell: Cell): number {
  if (cell instanceof ExactNumber) throw unfit(cell, 'a number that 64 bits hold exactly');
  return numberOf(cell);
}

function booleanOf(cell: Cell): boolean {
  if (typeof cell !== 'boolean') throw unfit(cell, 'true or false');
  return cell;
}

/** The digits as one whole number; in this form the writer stores a decimal without rounding. */
function decimalOf(cell: Cell, scale: number, precision: number): bigint {
  const [, sign = '', whole = '', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(String(cell)) ?? [];
  const digits = whole + fraction.padEnd(scale, '0');
  if (
    whole === '' ||
    fraction.length > Math.max(0, scale) ||
    (precision > 0 && BigInt(digits) >= 10n ** BigInt(precision))
  ) {
    throw unfit(cell, `a decimal of ${precision} digits, ${scale} after the point`);
  }
  const value = BigInt(`${sign}${digits}`);
  return scale < 0 ? value / 10n ** BigInt(-scale) : value;
}

function daysOf(cell: Cell): number {
  const text = String(cell);
  if (/^-?\d+$/.test(text)) return Number(text);
  const ms = Date.parse(`${text}T00:00:00Z`);
  if (Number.isNaN(ms)) throw unfit(cell, 'a date');
  return ms / 86_400_000;
}

function timestampValue(cell: Cell, digits: number): bigint {
  const text = String(cell);
  if (/^-?\d+$/.test(text)) return BigInt(text);
  const [, second, fraction = ''] = /^(.+T\d\d:\d\d:\d\d)(?:\.(\d+))?Z?$/.exec(text) ?? [];
  const ms = Date.parse(`${second}Z`);
  if (Number.isNaN(ms) || fraction.length > digits) throw unfit(cell, 'a timestamp');
  return (BigInt(ms) / 1000n) * 10n ** BigInt(digits) + BigInt(fraction.padEnd(digits, '0'));
}

function timeValue(cell: Cell, digits: number, isNumber: boolean): number | bigint {
  const [, hours, minutes, seconds, fraction = ''] = /^(\d\d):(\d\d):(\d\d)(?:\.(\d+))?$/.exec(String(cell)) ?? [];
  if (hours === undefined || fraction.length > digits) throw unfit(cell, 'a time of day');
  const whole = BigInt(Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds));
  const value = whole * 10n ** BigInt(digits) + BigInt(fraction.padEnd(digits, '0') || '0');
  return isNumber ? Number(value) : value;
}

function unfit(cell: Cell, wanted: string): Error {
  const text = JSON.stringify(cell);
  return new Error(`${text.length > 60 ? `${text.slice(0, 57)}…` : text} is not ${wanted}`);
}
