import { useQuery } from '@tanstack/react-query';
import { api, bodyOf } from './api.ts';

/** Who is signed in. */
export function useSession() {
  return useQuery({ queryKey: ['session'], queryFn: ({ signal }) => bodyOf(api.GET('/v1/session', { signal })) });
}

/** The settings of the server: providers, limits, version. */
export function useSettings() {
  return useQuery({
    queryKey: ['settings'],
    queryFn: ({ signal }) => bodyOf(api.GET('/v1/settings', { signal })),
    staleTime: 60_000,
  });
}

/** What models cost: those of the agents, and the default models. */
export function usePrices() {
  return useQuery({
    queryKey: ['prices'],
    // The document calls the filter required, though it has a default.
    queryFn: async ({ signal }) => {
      const params = { query: {} as { model: string[] } };
      return (await bodyOf(api.GET('/v1/prices', { params, signal }))).items;
    },
    staleTime: 60_000,
  });
}
