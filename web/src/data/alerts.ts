import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, bodyOf, type Schemas } from './api.ts';

/** An alert, as the server reports it. */
export type Alert = Schemas['Alert'];

const EVERY_MS = 8_000;
const MOST = 200;

/** The alerts that are open, or those that are over; the newest first. */
export function useAlerts(state: 'open' | 'resolved') {
  return useQuery({
    queryKey: ['alerts', state],
    queryFn: async ({ signal }): Promise<Alert[]> => {
      const params = { query: { state, limit: MOST } };
      return (await bodyOf(api.GET('/v1/alerts', { params, signal }))).items;
    },
    refetchInterval: EVERY_MS,
    placeholderData: keepPreviousData,
  });
}

/** The rules of alerts with their limits, and where alerts are sent. */
export function useAlertRules() {
  return useQuery({
    queryKey: ['alert rules'],
    queryFn: ({ signal }): Promise<Schemas['AlertRules']> => bodyOf(api.GET('/v1/alert-rules', { signal })),
    staleTime: 60_000,
  });
}

/** Acknowledges or resolves an alert. */
export function useAlertAct() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, act }: { id: string; act: 'acknowledge' | 'resolve' }): Promise<Alert> => {
      const params = { path: { id } };
      return bodyOf(
        act === 'acknowledge'
          ? api.POST('/v1/alerts/{id}/acknowledge', { params })
          : api.POST('/v1/alerts/{id}/resolve', { params }),
      );
    },
    onSuccess: () =>
      client.invalidateQueries({ predicate: ({ queryKey: [name] }) => name === 'alerts' || name === 'dashboard' }),
  });
}
