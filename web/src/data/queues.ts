import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, bodyOf, type Schemas } from './api.ts';
import { useSchedules } from './schedules.ts';

const EVERY_MS = 5_000;
/** What changes when jobs start. */
const STARTED = new Set<unknown>(['queues', 'jobs', 'job', 'batches', 'dashboard']);

/** The queues with waiting jobs, with what they would cost. */
export function useQueues() {
  return useQuery({
    queryKey: ['queues'],
    queryFn: async ({ signal }): Promise<Schemas['Queue'][]> => (await bodyOf(api.GET('/v1/queues', { signal }))).items,
    refetchInterval: EVERY_MS,
  });
}

/** Which queues are processed. */
export interface Processing {
  /** undefined: all queues. */
  agent: string | undefined;
  body: Schemas['ProcessRequest'];
  /** A second request with the same key starts nothing. */
  key: string;
}

/** Starts what waits, once for a key. */
export function useProcessQueues() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ agent, body, key }: Processing): Promise<Schemas['ProcessedQueue'][]> => {
      const headers = { 'idempotency-key': key };
      const answer =
        agent === undefined
          ? api.POST('/v1/queues/process', { body, headers })
          : api.POST('/v1/queues/{agent}/process', { params: { path: { agent } }, body, headers });
      return (await bodyOf(answer)).items;
    },
    onSettled: () => client.invalidateQueries({ predicate: ({ queryKey: [name] }) => STARTED.has(name) }),
  });
}

/** The next scheduled run of a queue. */
export interface NextRun {
  schedule: string;
  at: string;
  /** Only jobs with a cap of their own run. */
  cappedOnly: boolean;
}

/** When the jobs of an agent are processed next by a schedule; undefined when no schedule does. */
export function useNextRun(): (agent: string) => NextRun | undefined {
  const { data: schedules = [] } = useSchedules();
  return (agent) => {
    const runs = schedules.flatMap(({ name, action, next: [at] }): NextRun[] => {
      if (at === undefined || action.type !== 'process_queues') return [];
      if (action.agent !== undefined && action.agent !== agent) return [];
      return [{ schedule: name, at, cappedOnly: action.capped_jobs_only ?? false }];
    });
    return runs.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))[0];
  };
}
