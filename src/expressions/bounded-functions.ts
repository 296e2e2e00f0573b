import type { Budget } from './budget.ts';

/**
 * `$distinct` in linear time: the built-in function compares each value with each.
 */
export function distinct(values: unknown): unknown {
  if (!Array.isArray(values) || values.length <= 1) return values;
  const kept = new Map<string, unknown>();
  for (const value of values) {
    const key = JSON.stringify(value, sortKeys) ?? 'undefined';
    if (!kept.has(key)) kept.set(key, value);
  }
  return Object.assign([...kept.values()], 'sequence' in values ? { sequence: true } : {});
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** `$spread` in linear time: the built-in function copies its whole result once for each item. */
export function spread(value: unknown): unknown {
  if (Array.isArray(value)) {
    const parts = value.map(spread).filter((part) => part !== undefined);
    return Object.assign(parts.flat(1), { sequence: true });
  }
  if (typeof value !== 'object' || value === null || '_jsonata_lambda' in value) return value;
  return Object.assign(
    Object.entries(value).map(([key, child]) => ({ [key]: child })),
    { sequence: true },
  );
}

type Comparator = (left: unknown, right: unknown) => unknown;

/**
 * `$sort`, stable, in place of the built-in function, which copies the rest of both halves for every comparison: 120 kB
 * of text took all memory. The comparator is true where its arguments have to change places.
 * @throws Error when the comparisons exceed the budget
 */
export async function sort(values: unknown, compare: unknown, budget: Budget | undefined): Promise<unknown> {
  if (!Array.isArray(values) || values.length <= 1) return values;
  if (typeof compare === 'function') return mergeSorted(values, compare as Comparator, budget);
  const type = typeof values[0];
  if ((type !== 'string' && type !== 'number') || values.some((value) => typeof value !== type)) {
    throw new Error('$sort takes only strings or only numbers, or a second argument that compares two values');
  }
  return [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

async function mergeSorted(values: unknown[], compare: Comparator, budget: Budget | undefined): Promise<unknown[]> {
  if (values.length <= 1) return values;
  const middle = Math.floor(values.length / 2);
  const left = await mergeSorted(values.slice(0, middle), compare, budget);
  const right = await mergeSorted(values.slice(middle), compare, budget);
  const merged: unknown[] = [];
  let taken = 0;
  for (const value of left) {
    while (taken < right.length && (await compare(value, right[taken]))) {
      merged.push(right[taken]);
      taken += 1;
      budget?.tick();
    }
    merged.push(value);
    budget?.tick();
  }
  for (; taken < right.length; taken += 1) merged.push(right[taken]);
  return merged;
}
