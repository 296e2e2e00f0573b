import { useQuery } from '@tanstack/react-query';
import { api, bodyOf, type Schemas } from './api.ts';

const DASHBOARD_MS = 8_000;

/** What is going on now: running batches, waiting queues, open alerts, and the money of the last day and month. */
export function useDashboard() {
  return useQuery({
    queryKey: ['dashboard'],
    queryFn: ({ signal }): Promise<Schemas['Dashboard']> => bodyOf(api.GET('/v1/dashboard', { signal })),
    refetchInterval: DASHBOARD_MS,
  });
}
