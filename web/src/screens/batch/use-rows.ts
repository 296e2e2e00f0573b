import {
  keepPreviousData,
  type Query,
  type UseQueryResult,
  useQueries,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { useCallback, useEffect } from 'react';
import { api, bodyOf, type Schemas } from '../../data/api.ts';

/** A filter of the rows, as it stands in the address. */
export interface RowFilter {
  status?: Schemas['Row']['status'] | undefined;
  error?: string | undefined;
  q?: string | undefined;
  sort?: 'row' | '-row' | 'time' | '-time' | 'status' | '-status' | undefined;
}

/** Rows of one request. */
export const PAGE = 100;
const LIVE_MS = 2000;

interface Page {
  place: number;
  limit?: number;
}

function readPage(
  id: string,
  filter: RowFilter,
  { place, limit = PAGE }: Page,
  signal: AbortSignal,
): Promise<Schemas['RowPage']> {
  const { status, error, q, sort = 'row' } = filter;
  const query = {
    ...{ place, limit },
    ...(status !== undefined && { status }),
    ...(error !== undefined && { code: error }),
    ...(q === undefined ? { sort } : { text: q }),
  };
  const params = { path: { id }, query };
  return bodyOf(api.GET('/v1/batches/{id}/rows', { params, signal })) as Promise<Schemas['RowPage']>;
}

/** Whether rows keep their places while the batch runs: then they are read again in place, and nothing jumps. */
export function isSteady({ status, error, q, sort = 'row' }: RowFilter): boolean {
  return status === undefined && error === undefined && q === undefined && (sort === 'row' || sort === '-row');
}

/** Pages of rows, those that are shown. `rows` is by places, and the same map as long as none of them changes. */
export function usePages(
  id: string,
  filter: RowFilter,
  { first, last, isLive }: { first: number; last: number; isLive: boolean },
) {
  // The same function for the same pages: then what it gives stays the same while the grid is scrolled over them.
  const combine = useCallback(
    (queries: UseQueryResult<Schemas['RowPage']>[]) => ({
      rows: rowsOf(queries, first),
      error: queries.find(({ error }) => error !== null)?.error ?? null,
      retry: () => queries.forEach((one) => void one.refetch()),
    }),
    [first],
  );
  return useQueries({
    queries: Array.from({ length: last - first + 1 }, (_, index) => ({
      queryKey: ['rows', id, filter, first + index],
      queryFn: ({ signal }: { signal: AbortSignal }) => readPage(id, filter, { place: (first + index) * PAGE }, signal),
      refetchInterval: isLive && isSteady(filter) ? LIVE_MS : (false as const),
      staleTime: 1000,
    })),
    combine,
  });
}

function rowsOf(queries: UseQueryResult<Schemas['RowPage']>[], first: number): ReadonlyMap<number, Schemas['Row']> {
  const rows = new Map<number, Schemas['Row']>();
  for (const [index, { data }] of queries.entries()) {
    for (const [at, row] of (data?.items ?? []).entries()) rows.set((first + index) * PAGE + at, row);
  }
  return rows;
}

/** The exact counts by status and error, and how many rows the filter selects. */
export function useCounts(id: string, filter: RowFilter, isLive: boolean) {
  return useQuery({
    queryKey: ['rows', id, filter, 'counts'],
    queryFn: async ({ signal }) => {
      const { q: _, ...plain } = filter;
      const [page, found] = await Promise.all([
        readPage(id, plain, { place: 0, limit: 1 }, signal),
        filter.q === undefined ? undefined : readPage(id, filter, { place: 0 }, signal),
      ]);
      return { counts: page.counts, selected: found === undefined ? (page.selected ?? 0) : (found.found ?? 0) };
    },
    refetchInterval: isLive ? LIVE_MS : false,
    placeholderData: keepPreviousData,
  });
}

/** One row with every call of its attempts. */
export function useRowTrace(id: string, row: number, isLive: boolean) {
  return useQuery({
    queryKey: ['rows', id, 'trace', String(row)],
    queryFn: ({ signal }): Promise<Schemas['RowTrace']> =>
      bodyOf(api.GET('/v1/batches/{id}/rows/{row}', { params: { path: { id, row } }, signal })),
    refetchInterval: isLive ? LIVE_MS : false,
  });
}

/** The cells of one row by their columns; they never change. */
export function useRowSource(id: string, row: number) {
  return useQuery({
    queryKey: ['rows', id, 'source', String(row)],
    queryFn: async ({ signal }) => (await readPage(id, {}, { place: row, limit: 1 }, signal)).items[0]?.source ?? {},
  });
}

/** The status of the row that is open, from its trace. */
export function useRowStatus(id: string, row: number): Schemas['Row']['status'] | undefined {
  const { data } = useQuery<Schemas['RowTrace']>({ queryKey: ['rows', id, 'trace', String(row)], enabled: false });
  return data?.row['status'] as Schemas['Row']['status'] | undefined;
}

/**
 * Reads a batch's rows and flow once more whenever its status changes. The last poll of a batch that ends may be
 * older than its end, and nothing polls after it. Pages whose rows would jump wait for the person who asks for them.
 */
export function useFreshAtStatus(id: string, status: string | undefined): void {
  const client = useQueryClient();
  useEffect(() => {
    if (status === undefined) return;
    const old = {
      predicate: ({ queryKey: [name, of, filter, part] }: Pick<Query, 'queryKey'>) =>
        of === id &&
        (name === 'flow' || (name === 'rows' && (typeof part !== 'number' || isSteady(filter as RowFilter)))),
    };
    // A first read is not read again while it is on its way: it has to be given up before.
    void client.cancelQueries(old).then(() => client.invalidateQueries(old));
  }, [client, id, status]);
}
