import {
  keepPreviousData,
  queryOptions,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { api, bodyOf, type Schemas } from './api.ts';

/** A schedule, as the server reports it. */
export type Schedule = Schemas['Schedule'];
/** A run in the history of a schedule. */
export type ScheduleRun = Schemas['ScheduleRun'];

const EVERY_MS = 5_000;
const PAGE = 20;

/** All schedules, by name. */
export function useSchedules() {
  return useQuery({
    queryKey: ['schedules'],
    queryFn: async ({ signal }) => (await bodyOf(api.GET('/v1/schedules', { signal }))).items,
    refetchInterval: EVERY_MS,
  });
}

/** One schedule. */
export function scheduleQuery(name: string) {
  return queryOptions({
    queryKey: ['schedules', name],
    queryFn: ({ signal }): Promise<Schedule> =>
      bodyOf(api.GET('/v1/schedules/{name}', { params: { path: { name } }, signal })),
    refetchInterval: EVERY_MS,
  });
}

/** The runs of a schedule, the newest first, a page at a time. */
export function useScheduleRuns(name: string, state: ScheduleRun['state'] | undefined) {
  return useInfiniteQuery({
    queryKey: ['schedules', name, 'runs', state],
    queryFn: ({ pageParam: cursor, signal }) => {
      const query = { limit: PAGE, ...(cursor !== null && { cursor }), ...(state !== undefined && { state }) };
      return bodyOf(api.GET('/v1/schedules/{name}/runs', { params: { path: { name }, query }, signal }));
    },
    initialPageParam: null as number | null,
    getNextPageParam: ({ next_cursor: next }) => next,
    refetchInterval: EVERY_MS,
  });
}

/** What a cron expression says, and its next times. An expression that is wrong is an error with its place. */
export function useScheduleTimes({ cron, timeZone }: { cron: string; timeZone: string | null }) {
  return useQuery({
    queryKey: ['schedule times', cron, timeZone],
    queryFn: ({ signal }): Promise<Schemas['ScheduleTimes']> => {
      const query = { cron, ...(timeZone !== null && { time_zone: timeZone }) };
      return bodyOf(api.GET('/v1/schedule-times', { params: { query }, signal }));
    },
    enabled: cron.trim() !== '',
    placeholderData: keepPreviousData,
    retry: false,
  });
}

/** What a form says of a schedule. */
export interface ScheduleGiven extends Pick<Schemas['ScheduleRequest'], 'cron' | 'action'> {
  name: string;
  /** null: the zone of the server. */
  timeZone: string | null;
  /** null: none, as an estimate was accepted. */
  cap: number | null;
}

/** Adds a schedule, or changes the one that is there. */
export function useSaveSchedule(isNew: boolean) {
  return useWrite(({ name, cron, action, timeZone, cap }: ScheduleGiven): Promise<Schedule> => {
    if (!isNew) {
      const body = { cron, action, time_zone: timeZone, max_cost_usd: cap };
      return bodyOf(api.PATCH('/v1/schedules/{name}', { params: { path: { name } }, body }));
    }
    const zone = timeZone === null ? {} : { time_zone: timeZone };
    const body = { name, cron, action, ...zone, ...(cap !== null && { max_cost_usd: cap }) };
    return bodyOf(api.POST('/v1/schedules', { body }));
  });
}

/** Lets a schedule run at its times, or stops it. */
export function useSwitchSchedule(name: string) {
  return useWrite((on: boolean): Promise<Schedule> => {
    const params = { path: { name } };
    return bodyOf(
      on ? api.POST('/v1/schedules/{name}/start', { params }) : api.POST('/v1/schedules/{name}/stop', { params }),
    );
  });
}

/** Runs a schedule now. */
export function useTriggerSchedule(name: string) {
  return useWrite(
    (): Promise<ScheduleRun> => bodyOf(api.POST('/v1/schedules/{name}/trigger', { params: { path: { name } } })),
  );
}

/** Deletes a schedule with its history. */
export function useDeleteSchedule(name: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => bodyOf(api.DELETE('/v1/schedules/{name}', { params: { path: { name } } })),
    onSuccess: () => client.setQueryData<Schedule[]>(['schedules'], (all) => all?.filter((one) => one.name !== name)),
  });
}

function useWrite<Given, Result>(send: (given: Given) => Promise<Result>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: send,
    onSuccess: () =>
      client.invalidateQueries({ predicate: ({ queryKey: [name] }) => name === 'schedules' || name === 'batches' }),
  });
}
