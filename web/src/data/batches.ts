import { keepPreviousData, queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useEffectEvent } from 'react';
import { api, bodyOf } from './api.ts';
import { createLive } from './live/create-live.ts';
import { type BatchReport, hasEnded } from './live/messages.ts';

export type { BatchReport };

/** Filters of the list of batches. */
export interface BatchFilter {
  status?: BatchReport['status'][];
  agent?: string;
  text?: string;
  sort?: '-created' | 'created';
}

/** A page of batches. */
export interface BatchPage {
  items: BatchReport[];
  next_cursor: string | null;
}

const LIST_MS = 8_000;
/** Batches of a list that are live; the others are read with it. */
const MOST_LIVE = 20;
/** The queries that change when a batch ends. */
const MONEY = new Set<unknown>(['batches', 'dashboard', 'today', 'month']);
const live = createLive((id) => readBatch(id));

/** Reads one batch. */
export function readBatch(id: string, signal?: AbortSignal): Promise<BatchReport> {
  return bodyOf(api.GET('/v1/batches/{id}', { params: { path: { id } }, ...(signal && { signal }) }));
}

/**
 * The query of one batch; its key is `['batch', id]`. A report that came while the read was on its way is newer than
 * the read and stays: after the last report of a batch at rest no further one replaces an old read.
 */
export function batchQuery(id: string) {
  const queryKey = ['batch', id];
  return queryOptions({
    queryKey,
    queryFn: async ({ client, signal }) => {
      const before = client.getQueryState<BatchReport>(queryKey)?.dataUpdateCount ?? 0;
      const read = await readBatch(id, signal);
      const now = client.getQueryState<BatchReport>(queryKey);
      return now?.data !== undefined && now.dataUpdateCount !== before ? now.data : read;
    },
  });
}

/** A batch, live: reports of the server replace it as they come, until it has ended. */
export function useBatch(id: string) {
  const client = useQueryClient();
  const query = useQuery(batchQuery(id));
  useBatchEvents(query.data !== undefined && hasEnded(query.data) ? null : id, (report) =>
    client.setQueryData(batchQuery(id).queryKey, report),
  );
  return query;
}

/** Calls back with each live report of a batch; null follows none. */
export function useBatchEvents(id: string | null, onReport: (report: BatchReport) => void): void {
  const latest = useEffectEvent(onReport);
  useEffect(() => (id === null ? undefined : live.watch(id, (report) => latest(report))), [id]);
}

/** Calls back with each live report of several batches. */
function useReports(ids: readonly string[], onReport: (report: BatchReport) => void): void {
  const latest = useEffectEvent(onReport);
  const key = ids.join(' ');
  useEffect(() => {
    const stops = (key === '' ? [] : key.split(' ')).map((id) => live.watch(id, (report) => latest(report)));
    return () => {
      for (const stop of stops) stop();
    };
  }, [key]);
}

/** The newest batches that a filter lets through; those that run are live. */
export function useBatches(filter: BatchFilter = {}, limit = 50) {
  const client = useQueryClient();
  const query = useQuery({
    queryKey: ['batches', filter, limit],
    queryFn: ({ signal }): Promise<BatchPage> =>
      // The document calls these parameters required, though each has a default.
      bodyOf(api.GET('/v1/batches', { params: { query: { ...filter, limit } as Required<BatchFilter> }, signal })),
    refetchInterval: LIST_MS,
    placeholderData: keepPreviousData,
  });
  const active = query.data?.items.filter((batch) => !hasEnded(batch) && batch.status !== 'paused') ?? [];
  useReports(
    active.slice(0, MOST_LIVE).map(({ batch_id: id }) => id),
    (report) => {
      client.setQueriesData<BatchPage>({ queryKey: ['batches'] }, (page) => page && withReport(page, report));
      // It may no longer fit the filter, and the money of the day is final.
      if (hasEnded(report)) void client.invalidateQueries({ predicate: ({ queryKey: [name] }) => MONEY.has(name) });
    },
  );
  return query;
}

function withReport(page: BatchPage, report: BatchReport): BatchPage {
  return { ...page, items: page.items.map((batch) => (batch.batch_id === report.batch_id ? report : batch)) };
}
