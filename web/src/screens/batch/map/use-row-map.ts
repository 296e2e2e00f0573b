import { useQuery } from '@tanstack/react-query';
import { api, bodyOf, type Schemas } from '../../../data/api.ts';

/** All rows of a batch in equal ranges. */
export type RowMapData = Schemas['RowMap'];
/** Consecutive rows with their counts by status. */
export type RowRange = RowMapData['ranges'][number];

const RANGES = 300;
const LIVE_MS = 2000;

/** The counts by status of all rows of a batch, in ranges. */
export function useRowMap(id: string, isLive: boolean) {
  return useQuery({
    queryKey: ['rows', id, 'map'],
    queryFn: ({ signal }): Promise<RowMapData> =>
      bodyOf(api.GET('/v1/batches/{id}/row-map', { params: { path: { id }, query: { ranges: RANGES } }, signal })),
    refetchInterval: isLive ? LIVE_MS : false,
  });
}

/** Neighbouring ranges put together, so that there are at most so many. */
export function joined(ranges: readonly RowRange[], most: number): RowRange[] {
  const size = Math.ceil(ranges.length / most);
  return Array.from({ length: Math.ceil(ranges.length / size) }, (_, index) =>
    ranges.slice(index * size, (index + 1) * size).reduce(plus),
  );
}

/** The stretches of ranges that have a failed row: each is a cluster. */
export function failedClusters(ranges: readonly RowRange[]): RowRange[] {
  const found: RowRange[] = [];
  for (const [index, range] of ranges.entries()) {
    if (range.failed === 0) continue;
    const last = found.at(-1);
    if (last !== undefined && (ranges[index - 1]?.failed ?? 0) > 0) found[found.length - 1] = plus(last, range);
    else found.push(range);
  }
  return found;
}

function plus(one: RowRange, next: RowRange): RowRange {
  return {
    first: one.first,
    rows: next.first + next.rows - one.first,
    queued: one.queued + next.queued,
    running: one.running + next.running,
    succeeded: one.succeeded + next.succeeded,
    failed: one.failed + next.failed,
  };
}
