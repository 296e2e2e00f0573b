import { MAX_TIME_MS, startStopwatch } from './stopwatch.ts';

/** Largest value at any point of an evaluation: characters of all strings and keys plus one for each element. */
export const MAX_VALUE_SIZE = 2_000_000;
/** The total that one evaluation may create, in the same unit. */
const MAX_TOTAL_SIZE = 50_000_000;
/** Strings up to this length are not charged: the timeout bounds how many there can be. */
const FREE_STRING_LENGTH = 64;

/** The remaining budget of one evaluation. */
export interface Budget {
  /** Counts the time since the last call. @throws Error when the evaluation takes too long */
  tick(): void;
  /** Measures an existing value. @throws Error when it is too large */
  check(value: unknown): void;
  /** Measures a new value and charges it. @throws Error when the value or the total is too large */
  charge(value: unknown): void;
}

/**
 * The budget of one evaluation.
 *
 * A value that refers to one part many times takes little memory, but is huge when serialized. So sizes are those of the
 * serialized value. Sizes are remembered for each object: a check costs only its new parts.
 * @param remember false where values are changed after they were made (JSONata's transform operator does)
 */
export function createBudget(remember: boolean): Budget {
  let spent = 0;
  let sizes = new WeakMap<object, number>();
  const watch = startStopwatch();

  const spend = (size: number) => {
    spent += size;
    if (spent > MAX_TOTAL_SIZE) throw new Error(`it creates more than ${MAX_TOTAL_SIZE} characters and elements`);
  };

  const sizeOf = (value: unknown): number => {
    if (typeof value === 'string') return value.length;
    if (typeof value !== 'object' || value === null || isFunctionValue(value)) return 1;
    const known = sizes.get(value);
    if (known !== undefined) return known;
    // A cycle counts as 0: its serialization fails anyway.
    sizes.set(value, 0);
    let size = 1;
    let fresh = 1;
    const add = (key: string, child: unknown) => {
      size += 1 + key.length + sizeOf(child);
      fresh += 1 + key.length + (typeof child === 'string' ? child.length : 0);
      if (size > MAX_VALUE_SIZE) throw tooLarge();
    };
    if (Array.isArray(value)) for (const child of value) add('', child);
    else for (const [key, child] of Object.entries(value)) add(key, child);
    sizes.set(value, size);
    spend(fresh);
    return size;
  };

  const check = (value: unknown) => {
    if (!remember) sizes = new WeakMap();
    if (sizeOf(value) > MAX_VALUE_SIZE) throw tooLarge();
  };

  return {
    tick() {
      if (watch.isOver()) throw new Error(`it takes longer than ${MAX_TIME_MS} ms`);
    },
    check,
    charge(value) {
      check(value);
      if (typeof value === 'string' && value.length > FREE_STRING_LENGTH) spend(value.length);
    },
  };
}

/** Whether JSONata treats the value as a function; it is serialized as an empty string. */
export function isFunctionValue(value: unknown): boolean {
  if (typeof value === 'function') return true;
  if (typeof value !== 'object' || value === null) return false;
  const candidate = value as Record<string, unknown>;
  return candidate['_jsonata_function'] === true || candidate['_jsonata_lambda'] === true;
}

function tooLarge(): Error {
  return new Error(`it makes a value of more than ${MAX_VALUE_SIZE} characters and elements`);
}
