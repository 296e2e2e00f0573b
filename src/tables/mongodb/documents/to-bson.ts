import { ExactNumber, replaceExact } from '../../../base/json/exact-number.ts';
import { bson } from '../connection/driver.ts';

/** JSON as BSON, with every digit of a long number. The same value where it has none of them. */
export function toBson(value: unknown): unknown {
  return replaceExact(value, ({ digits }) => longNumber(digits));
}

/** Bytes of an element beside its name and its value: its type, and the zero that ends the name. */
const ELEMENT = 2;
/** The most digits of an index of a list. */
const INDEX = 10;

/**
 * How many bytes a value of JSON takes as BSON at most, without its name: up to three times too many. Infinity for one
 * that can't be stored.
 */
export function bytesAtMost(value: unknown): number {
  // A character takes three bytes at most.
  if (typeof value === 'string') return 5 + 3 * value.length;
  if (typeof value !== 'object' || value === null) return 8;
  if (value instanceof ExactNumber) return 16 + value.digits.length;
  let bytes = 5;
  if (Array.isArray(value)) {
    for (const part of value) bytes += ELEMENT + INDEX + bytesAtMost(part);
    return bytes;
  }
  for (const [name, part] of Object.entries(value)) {
    if (name.includes('\0')) return Number.POSITIVE_INFINITY;
    bytes += ELEMENT + 3 * name.length + bytesAtMost(part);
  }
  return bytes;
}

function longNumber(digits: string): unknown {
  const { Long, Decimal128 } = bson();
  const isLong = /^-?\d+$/.test(digits) && BigInt.asIntN(64, BigInt(digits)) === BigInt(digits);
  if (isLong) return Long.fromString(digits);
  try {
    return Decimal128.fromString(digits);
  } catch {
    // More than 34 digits: no type of BSON has them.
    return digits;
  }
}
