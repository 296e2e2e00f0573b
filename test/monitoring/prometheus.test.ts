import { afterEach, expect, test } from 'vitest';
import { createHttpApp } from '../../src/http/app.ts';
import { RULE_NAMES } from '../../src/monitoring/alerts/alert-rules.ts';
import { createPrometheus } from '../../src/monitoring/prometheus/create-prometheus.ts';
import { exposition } from '../../src/monitoring/prometheus/exposition.ts';
import type { FleetWorker } from '../../src/runner/contract/service/worker.ts';
import { httpParts } from '../http/http-parts.ts';
import { type JobsWorld, job, startJobsWorld } from '../jobs/jobs-world.ts';
import { say, table, until } from '../runner/world.ts';

let world: JobsWorld;
afterEach(() => world?.close());

/** The values by name and labels. */
function valuesOf(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

/** Where there is no fleet. */
const noWorkers = () => Promise.reject(new Error('There is no fleet here.'));

test('shows rows, calls, tokens, cost, queues and times of calls', async () => {
  world = await startJobsWorld({ respond: (row) => (row['q'] === 'bad' ? [] : say({ answer: 'x' })) });
  const { store, clock, deps } = world;
  const prometheus = createPrometheus({
    store,
    events: deps.events as never,
    now: () => clock.now,
    workers: noWorkers,
  });
  await world.write('table.csv', table(['a', 'b', 'bad']));
  const id = await world.start({ cache: 'batch', concurrency: 1 });
  await world.runner.drive(id);
  await world.jobs.enqueue([job('x'), job('y')]);
  clock.now += 90_000;
  const { totals } = (await store.readBatch(id)) ?? {};
  let values = new Map<string, number>();
  await until(async () => {
    values = valuesOf(await prometheus.text());
    return values.get('rowmill_row_duration_seconds_count{outcome="succeeded"}') === 2;
  }, 'the events of both rows');
  const model = 'anthropic/claude-haiku-5-5';
  const queue = `{agent="tester@v1",model="${model}"}`;
  expect(Object.fromEntries(values)).toMatchObject({
    'rowmill_row_attempts_total{outcome="succeeded"}': 2,
    'rowmill_row_attempts_total{outcome="failed"}': 1,
    [`rowmill_model_calls_total{model="${model}",way="realtime"}`]: totals?.modelCalls,
    [`rowmill_cost_usd_total{model="${model}",way="realtime"}`]: (totals?.costMicroUsd ?? 0) / 1e6,
    [`rowmill_tokens_total{model="${model}",kind="input"}`]: totals?.usage.inputTokens,
    [`rowmill_queue_jobs${queue}`]: 2,
    [`rowmill_queue_oldest_age_seconds${queue}`]: 90,
    [`rowmill_model_call_duration_seconds_count{model="${model}",outcome="answered"}`]: totals?.modelCalls,
    [`rowmill_model_call_duration_seconds_bucket{model="${model}",outcome="answered",le="+Inf"}`]: totals?.modelCalls,
  });
  expect(values.get('rowmill_database_bytes')).toBeGreaterThan(4_096);
  prometheus.close();
});

test('counts open alerts by rule, acknowledged ones too', async () => {
  world = await startJobsWorld();
  const { store, deps } = world;
  const prometheus = createPrometheus({ store, events: deps.events as never, now: Date.now, workers: noWorkers });
  const [rule = '', other = ''] = RULE_NAMES;
  const raise = (id: string) =>
    store.raiseAlert({ id, rule, subject: id, message: 'm', value: 1, limit: 1, batchId: null, raisedAt: 1 }, []);
  for (const id of ['alr_1', 'alr_2', 'alr_3']) await raise(id);
  await store.acknowledgeAlert('alr_1', 'a person', 2);
  await store.resolveAlert('alr_2', 2, []);
  const values = valuesOf(await prometheus.text());
  expect(values.get(`rowmill_alerts{rule="${rule}"}`)).toBe(2);
  expect(values.get(`rowmill_alerts{rule="${other}"}`)).toBe(0);
  prometheus.close();
});

test('shows the state of a lane, one of three', async () => {
  world = await startJobsWorld();
  const events = world.deps.events as NonNullable<Parameters<typeof createPrometheus>[0]>['events'];
  const prometheus = createPrometheus({ store: world.store, events, now: Date.now, workers: noWorkers });
  events.emit('lane-state', { provider: 'p', model: 'm', state: 'cooling', waitMs: 5, inFlight: 0, at: 0 });
  let values = new Map<string, number>();
  await until(async () => {
    values = valuesOf(await prometheus.text());
    return values.has('rowmill_lane_state{provider="p",model="m",state="open"}');
  }, 'the state');
  const states = ['open', 'cooling', 'stopped'].map((state) =>
    values.get(`rowmill_lane_state{provider="p",model="m",state="${state}"}`),
  );
  expect(states).toEqual([0, 1, 0]);
  prometheus.close();
});

test('escapes labels', () => {
  const samples = [{ labels: { a: 'x"y\\z\nw' }, value: 1.5 }];
  expect(exposition([{ name: 'm', help: 'h', type: 'gauge', samples }])).toBe(
    '# HELP m h\n# TYPE m gauge\nm{a="x\\"y\\\\z\\nw"} 1.5\n',
  );
});

test('is read with a key of the scope read, and not without one', async () => {
  world = await startJobsWorld();
  const parts = httpParts({ apiKeys: ['secret'] });
  const app = createHttpApp({ ...parts, watch: { ...parts.watch, prometheus: async () => 'm 1\n' } });
  expect((await app.request('/metrics')).status).toBe(401);
  const answer = await app.request('/metrics', { headers: { authorization: 'Bearer secret' } });
  expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([
    200,
    'text/plain; version=0.0.4; charset=utf-8',
    'm 1\n',
  ]);
});

test('shows the workers of the fleet, and the rest without them', async () => {
  world = await startJobsWorld();
  const events = world.deps.events as NonNullable<Parameters<typeof createPrometheus>[0]>['events'];
  const worker = (id: string, state: FleetWorker['state']): FleetWorker => ({
    ...{ worker_id: id, host: 'm1', pid: 1, version: '1', tags: [], concurrency: 4, running_rows: 3, rows: 70 },
    ...{ state, unfit: [], started_at: '', seen_at: '' },
  });
  const workers = async () => [worker('wrk_1', 'active'), worker('wrk_2', 'draining')];
  const prometheus = createPrometheus({ store: world.store, events, now: Date.now, workers });
  expect(Object.fromEntries(valuesOf(await prometheus.text()))).toMatchObject({
    'rowmill_worker_rows_total{worker="wrk_1",host="m1"}': 70,
    'rowmill_worker_running_rows{worker="wrk_1",host="m1"}': 3,
    'rowmill_worker_concurrency{worker="wrk_1",host="m1"}': 4,
    'rowmill_worker_up{worker="wrk_1",host="m1"}': 1,
    'rowmill_worker_up{worker="wrk_2",host="m1"}': 0,
  });
  prometheus.close();
  // There is no fleet, or its Redis does not answer.
  for (const unread of [noWorkers, () => new Promise<never>(() => undefined)]) {
    const without = createPrometheus({ store: world.store, events, now: Date.now, workers: unread });
    const text = await without.text();
    expect(text).toContain('rowmill_active_batches');
    expect(text).not.toContain('rowmill_worker');
    without.close();
  }
});
