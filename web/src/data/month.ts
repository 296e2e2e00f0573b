import { useQuery } from '@tanstack/react-query';
import { api, bodyOf } from './api.ts';

const EVERY_MS = 15_000;

/** What this month has cost and saved, since its first midnight in the zone of the reader. */
export function useMonth() {
  return useQuery({
    queryKey: ['month'],
    queryFn: ({ signal }) => {
      const now = new Date();
      const from = new Date(now.getFullYear(), now.getMonth(), 1).toISOString();
      return bodyOf(api.GET('/v1/savings', { params: { query: { from, to: now.toISOString() } }, signal }));
    },
    refetchInterval: EVERY_MS,
  });
}
