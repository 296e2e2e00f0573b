import type { Document, Filter, Sort } from 'mongodb';
import { AppError } from '../../../base/errors.ts';
import { checkReading, type Reading } from '../../reading.ts';
import { bson } from '../connection/driver.ts';

/** Operators that run code on the server. */
const CODE = ['$where', '$function', '$accumulator'];

/** The options of reading that a collection takes. */
const TAKES: readonly (keyof Reading)[] = [
  ...(['filter', 'sort', 'columns', 'limit', 'batchSize', 'maxAttempts', 'watch', 'decimalComma'] as const),
];

/**
 * Refuses options that a collection does not take, and filters that run code.
 * @throws AppError `option_not_supported` or `invalid_arguments`
 */
export function checkCollectionReading(reading: Reading, uri: string): void {
  checkReading(reading, TAKES, `${uri} is a collection`);
  const code = operators(filterOf(reading)).find((name) => CODE.includes(name));
  if (code === undefined) return;
  throw new AppError(
    'invalid_arguments',
    `--filter (reading.filter) may not run code on the server: leave out ${code}.`,
  );
}

/** The filter of the options, with values of extended JSON: `{"$oid": …}`, `{"$date": …}`. */
export function filterOf({ filter }: Reading): Filter<Document> {
  return filter === undefined ? {} : parse(filter, '--filter (reading.filter)');
}

/** The order of the options; without one by `_id`, which every collection has an index of. */
export function sortOf({ sort }: Reading): Sort {
  if (sort === undefined) return { _id: 1 };
  const order = parse(sort, '--sort (reading.sort)');
  return Object.fromEntries(
    Object.entries(order).map(([path, way]): [string, 1 | -1] => [path, Number(way) < 0 ? -1 : 1]),
  );
}

function parse(text: string, option: string): Document {
  try {
    return bson().EJSON.parse(text, { relaxed: true }) as Document;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('invalid_arguments', `${option} can't be read: ${reason}.`, { cause });
  }
}

function operators(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(operators);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, part]) => [name, ...operators(part)]);
}

/** The projection that reads columns; undefined where a name can't be part of one. */
export function projectionOf(paths: readonly string[]): Document | undefined {
  if (paths.some((path) => path.split('.').some((name) => name === '' || name.startsWith('$')))) return undefined;
  return Object.fromEntries(['_id', ...paths].map((path) => [path, 1]));
}
