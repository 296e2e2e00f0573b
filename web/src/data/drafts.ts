import { useQuery } from '@tanstack/react-query';
import { api, bodyOf } from './api.ts';

const MOST = 20;

/** The newest drafts of the person who is signed in. */
export function useDrafts() {
  return useQuery({
    queryKey: ['drafts'],
    queryFn: async ({ signal }) =>
      (await bodyOf(api.GET('/v1/drafts', { params: { query: { limit: MOST } }, signal }))).items,
  });
}
