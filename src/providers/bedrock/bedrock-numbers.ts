import { ExactNumber, exactNumber } from '../../base/json/exact-number.ts';

/** A value that the SDK has read: it has whole numbers beyond 2^53 as BigInt, and long fractions as its own objects. */
export function fromSdkNumbers(value: unknown): unknown {
  if (typeof value === 'bigint') return exactNumber(String(value));
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(fromSdkNumbers);
  if (isSdkNumber(value)) return exactNumber(value.string);
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, fromSdkNumbers(field)]));
}

/** A value for the SDK, which writes a BigInt as its digits. A number beyond the range is sent as the nearest one. */
export function toSdkNumbers(value: unknown): unknown {
  if (value instanceof ExactNumber) return /^-?\d+$/.test(value.digits) ? BigInt(value.digits) : Number(value.digits);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(toSdkNumbers);
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, toSdkNumbers(field)]));
}

/** The SDK's `NumericValue`: its class is not exported by the client. */
function isSdkNumber(value: object): value is { string: string } {
  return 'type' in value && value.type === 'bigDecimal' && 'string' in value && typeof value.string === 'string';
}
