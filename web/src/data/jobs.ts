import { keepPreviousData, type QueryClient, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, bodyOf, type Schemas } from './api.ts';

/** A job as the server shows it. */
export type Job = Schemas['Job'];

/** Filters of the list of jobs. */
export interface JobFilter {
  agent?: string;
  state?: Job['state'];
}

const EVERY_MS = 5_000;

/** The newest jobs that a filter lets through. */
export function useJobs(filter: JobFilter, limit: number) {
  return useQuery({
    queryKey: ['jobs', filter, limit],
    queryFn: ({ signal }) => bodyOf(api.GET('/v1/jobs', { params: { query: { ...filter, limit } }, signal })),
    refetchInterval: EVERY_MS,
    placeholderData: keepPreviousData,
  });
}

/** One job with its result and cost; read again until it has ended. */
export function useJob(id: string) {
  return useQuery({
    queryKey: ['job', id],
    queryFn: ({ signal }): Promise<Job> => bodyOf(api.GET('/v1/jobs/{job}', { params: { path: { job: id } }, signal })),
    refetchInterval: ({ state }) => (state.data === undefined || isOpen(state.data) ? EVERY_MS : false),
  });
}

/** A job that is to be enqueued. */
export interface NewJob {
  body: Omit<Schemas['JobRequest'], 'mode'>;
  /** A second request with the same key enqueues nothing. */
  key: string;
}

/** Enqueues one job, once for a key. */
export function useEnqueueJob() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ body, key }: NewJob): Promise<Job> =>
      bodyOf(api.POST('/v1/jobs', { body: { ...body, mode: 'queue' }, headers: { 'idempotency-key': key } })),
    onSuccess: () => readAgain(client),
  });
}

/** Whether a job may still change. */
export function isOpen({ state }: Pick<Job, 'state'>): boolean {
  return state === 'waiting' || state === 'queued' || state === 'running';
}

/** A change of one job; `priority` while it waits, else it is cancelled. */
export interface JobChange {
  id: string;
  priority?: number;
}

/** Cancels a job, or moves it in its queue. */
export function useChangeJob() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, priority }: JobChange): Promise<Job> => {
      const params = { path: { job: id } };
      return bodyOf(
        priority === undefined
          ? api.POST('/v1/jobs/{job}/cancel', { params })
          : api.PATCH('/v1/jobs/{job}', { params, body: { priority } }),
      );
    },
    onSettled: () => readAgain(client),
  });
}

function readAgain(client: QueryClient): Promise<void> {
  return client.invalidateQueries({
    predicate: ({ queryKey: [name] }) => name === 'jobs' || name === 'job' || name === 'queues',
  });
}
