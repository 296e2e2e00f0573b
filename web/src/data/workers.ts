import { useQuery } from '@tanstack/react-query';
import { api, bodyOf, type Schemas } from './api.ts';

/** A worker of the fleet, as the server reports it. */
export type Worker = Schemas['Worker'];

/** Workers report once a second. */
const EVERY_MS = 2_000;

/** The workers of the fleet, live. Refused with `option_not_supported` where there is none. */
export function useWorkers() {
  return useQuery({
    queryKey: ['workers'],
    queryFn: async ({ signal }): Promise<Worker[]> => (await bodyOf(api.GET('/v1/workers', { signal }))).items,
    refetchInterval: EVERY_MS,
  });
}
