import type { RowmillClient } from '../../client/client.ts';
import type { Monitoring } from '../../monitoring/monitoring.ts';
import type { AlertReport } from '../../runner/contract/service/alert.ts';
import type { LedgerReport } from '../../runner/contract/service/ledger.ts';
import type { ScheduleReport, ScheduleRunReport } from '../../runner/contract/service/schedule.ts';
import type { FleetWorker } from '../../runner/contract/service/worker.ts';
import type { Schedules } from '../../schedules/schedules.ts';
import { answerOf } from './server-call.ts';

const parseAs = 'text' as const;

/** The schedules of a server. */
export function createRemoteSchedules(client: RowmillClient): Schedules {
  const one = (name: string) => ({ params: { path: { name } }, parseAs });
  return {
    list: async () => (await answerOf<{ items: ScheduleReport[] }>(client.GET('/v1/schedules', { parseAs }))).items,
    show: (name) => answerOf(client.GET('/v1/schedules/{name}', one(name))),
    add: (request) => answerOf(client.POST('/v1/schedules', { ...withKey(), body: request as never, parseAs })),
    change: (name, change) => answerOf(client.PATCH('/v1/schedules/{name}', { ...one(name), body: change as never })),
    remove: (name) => answerOf(client.DELETE('/v1/schedules/{name}', one(name))),
    start: (name) => answerOf(client.POST('/v1/schedules/{name}/start', one(name))),
    stop: (name) => answerOf(client.POST('/v1/schedules/{name}/stop', one(name))),
    trigger: (name) =>
      answerOf(
        client.POST('/v1/schedules/{name}/trigger', { params: { path: { name }, ...withKey().params }, parseAs }),
      ),
    times: (query) => answerOf(client.GET('/v1/schedule-times', { params: { query: query as never }, parseAs })),
    async history(name, { before, limit, state }) {
      const query = { limit, ...(before !== undefined && { cursor: before }), ...(state !== undefined && { state }) };
      const call = client.GET('/v1/schedules/{name}/runs', { params: { path: { name }, query }, parseAs });
      return (await answerOf<{ items: ScheduleRunReport[] }>(call)).items;
    },
  };
}

/** What a server has done. */
export function createRemoteMonitoring(client: RowmillClient): Monitoring {
  return {
    metrics({ by, ...rest }) {
      const query = { ...rest, ...(by !== undefined && { by: by.join(',') }) };
      return answerOf(client.GET('/v1/metrics', { params: { query }, parseAs }));
    },
    load: (query) => answerOf(client.GET('/v1/load', { params: { query }, parseAs })),
    dashboard: () => answerOf(client.GET('/v1/dashboard', { parseAs })),
    async ledger({ batchId, after, ...rest }) {
      const query = {
        ...rest,
        ...(batchId !== undefined && { batch_id: batchId }),
        ...(after !== undefined && { cursor: after }),
      };
      const call = client.GET('/v1/ledger', { params: { query }, parseAs });
      const { items: calls, next_cursor: next } = await answerOf<{ items: LedgerReport[]; next_cursor: string | null }>(
        call,
      );
      return { calls, next };
    },
    savings: (query) => answerOf(client.GET('/v1/savings', { params: { query: query as never }, parseAs })),
    report: (period) =>
      answerOf(
        client.GET('/v1/reports', { params: { query: { ...period, format: 'json' } as never }, parseAs }) as never,
      ),
    async alerts(query) {
      const call = client.GET('/v1/alerts', { params: { query }, parseAs });
      return (await answerOf<{ items: AlertReport[] }>(call)).items;
    },
    workers: async () => (await answerOf<{ items: FleetWorker[] }>(client.GET('/v1/workers', { parseAs }))).items,
    acknowledge: (id) => answerOf(client.POST('/v1/alerts/{id}/acknowledge', { params: { path: { id } }, parseAs })),
    resolve: (id) => answerOf(client.POST('/v1/alerts/{id}/resolve', { params: { path: { id } }, parseAs })),
    alertRules: () => answerOf(client.GET('/v1/alert-rules', { parseAs })),
  };
}

/** A key with which a request that broke off can be sent again. */
function withKey() {
  return { params: { header: { 'idempotency-key': crypto.randomUUID() } } };
}
