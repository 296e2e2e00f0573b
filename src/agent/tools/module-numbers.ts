import { ExactNumber, exactNumber } from '../../base/json/exact-number.ts';

/** The input of a module's tool: a whole number beyond 2^53 is a BigInt, any other exact number the text of its digits. */
export function forModule(value: unknown): unknown {
  if (value instanceof ExactNumber) return /^-?\d+$/.test(value.digits) ? BigInt(value.digits) : value.digits;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(forModule);
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, forModule(field)]));
}

/** The value of a module's tool as JSON, in which a BigInt is a number; undefined for undefined and functions. */
export function moduleJson(value: unknown): string | undefined {
  return JSON.stringify(value, (_key, field: unknown) => {
    if (typeof field !== 'bigint') return field;
    const number = exactNumber(String(field));
    return number instanceof ExactNumber ? number.toJSON() : number;
  });
}
