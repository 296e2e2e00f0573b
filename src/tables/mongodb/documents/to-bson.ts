import { ExactNumber } from '../../../base/json/exact-number.ts';
import { bson } from '../connection/driver.ts';

/** JSON as BSON, with every digit of a long number. */
export function toBson(value: unknown): unknown {
  if (value instanceof ExactNumber) return longNumber(value.digits);
  if (Array.isArray(value)) return value.map(toBson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, toBson(part)]));
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
