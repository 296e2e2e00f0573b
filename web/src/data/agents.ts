import { useQuery } from '@tanstack/react-query';
import { api, bodyOf } from './api.ts';

/** The agents of the registry, and the saved ones, newest versions first. */
export function useAgents() {
  return useQuery({
    queryKey: ['agents'],
    queryFn: async ({ signal }) => (await bodyOf(api.GET('/v1/agents', { signal }))).items,
    staleTime: 30_000,
  });
}
