import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createSilentLog } from '../../src/base/log.ts';
import { createHttpApp } from '../../src/http/app.ts';
import { createCallbacks } from '../../src/jobs/callbacks.ts';
import { deliverDue } from '../../src/jobs/deliver-results.ts';
import { createAlertCourier } from '../../src/monitoring/alerts/alert-courier.ts';
import { readLimits } from '../../src/monitoring/alerts/alert-limits.ts';
import { createAlertReceivers } from '../../src/monitoring/alerts/alert-receivers.ts';
import type { AlertLimits } from '../../src/monitoring/alerts/alert-rules.ts';
import { type AlertParts, lookOnce, noteLane, raiseAlert } from '../../src/monitoring/alerts/keep-alerts.ts';
import { createMonitoring } from '../../src/monitoring/monitoring.ts';
import { localCaller } from '../../src/runner/contract/caller.ts';
import { httpParts } from '../http/http-parts.ts';
import { type JobsWorld, job, startJobsWorld } from '../jobs/jobs-world.ts';
import { say, table } from '../runner/world.ts';
import { newBatch, newIntent, newOwner } from '../storage/support/store-fixture.ts';
import { NO_ALERTS } from './no-alerts.ts';

const MINUTE = 60_000;
const OFF = readLimits(
  'success-share=off,stalled-batch=off,provider-down=off,late-provider-job=off,queue-age=off,day-spending=off,database-size=off',
);

let world: JobsWorld;
let server: Server | undefined;
afterEach(async () => {
  await world?.close();
  server?.close();
  server = undefined;
});

function partsWith(limits: Partial<AlertLimits>, receivers: readonly string[] = []): AlertParts {
  const { store, deps } = world;
  const clock = { ...deps.clock, now: () => world.clock.now };
  return { store, limits: { ...OFF, ...limits }, receivers, newId: deps.newId, clock, log: createSilentLog() };
}

/** What is open after one look: rule and subject. */
async function look(parts: AlertParts, stopped: Map<string, number> = new Map()): Promise<string[]> {
  await lookOnce(parts, stopped);
  const open = await world.store.listAlerts({ which: 'open', limit: 9 });
  return open.map(({ rule, subject }) => `${rule} ${subject}`);
}

async function runningBatch(id: string, activeSince: number) {
  const { store } = world;
  await store.insertBatch(newBatch(id, { status: 'running', activeSince, plan: { agent: { name: 'tester' } } }));
  const lease = await store.acquireLease(id, newOwner('a'));
  return lease.acquired ? lease.fence : { batchId: id, epoch: -1 };
}

test('a low share of successes is raised once, and resolved when its hour is over', async () => {
  world = await startJobsWorld({ respond: (row) => (row['q'] === 'bad' ? [] : say({ answer: 'x' })) });
  await world.write('table.csv', table(Array.from({ length: 20 }, (_, at) => (at < 3 ? 'bad' : `w${at}`))));
  await world.runner.drive(await world.start({ concurrency: 4 }));
  world.clock.now = Date.now();
  expect(await look(partsWith({ 'success-share': 80 }))).toEqual([]);
  expect(await look(partsWith({ 'success-share': 90 }))).toEqual(['success-share tester']);
  expect(await look(partsWith({ 'success-share': 90 }))).toEqual(['success-share tester']);
  const [{ message } = { message: '' }] = await world.store.listAlerts({ which: 'open', limit: 1 });
  expect(message).toContain('Of 20 attempts of the agent tester in the last hour, only 85 % succeeded');
  world.clock.now += 62 * MINUTE;
  expect(await look(partsWith({ 'success-share': 90 }))).toEqual([]);
  expect(await world.store.listAlerts({ which: 'all', limit: 9 })).toMatchObject([{ resolvedAt: world.clock.now }]);
});

test('a running batch without answers is stalled until one arrives, and one whose rows are at a provider is not', async () => {
  world = await startJobsWorld();
  const { store, clock } = world;
  const fence = await runningBatch('bat_a', clock.now);
  const limits = { 'stalled-batch': 30, 'late-provider-job': 24 };
  clock.now += 29 * MINUTE;
  expect(await look(partsWith(limits))).toEqual([]);
  clock.now += 2 * MINUTE;
  expect(await look(partsWith(limits))).toEqual(['stalled-batch bat_a']);
  await store.writeIntent(newIntent('bat_a/0/1'), fence);
  const answer = { response: {}, usage: null, costMicroUsd: 1, requestId: null, at: clock.now };
  await store.writeAnswer({ run: 'bat_a/0/1', turn: 0, call: 0 }, answer, fence);
  expect(await look(partsWith(limits))).toEqual([]);
  await store.insertProviderJob(fence, { id: 'job_1', provider: 'p', model: 'm', createdAt: clock.now });
  await store.updateProviderJob(fence, 'job_1', { state: 'open', submittedAt: clock.now });
  clock.now += 23 * 60 * MINUTE;
  expect(await look(partsWith(limits))).toEqual([]);
  clock.now += 61 * MINUTE;
  expect(await look(partsWith(limits))).toEqual(['late-provider-job job_1']);
});

test('old queues, the spending of a day and the size of the database are compared with their limits', async () => {
  world = await startJobsWorld();
  await world.jobs.enqueue([job('a')]);
  const { store, clock } = world;
  await store.writeIntent(newIntent('conv_1'));
  const answer = { response: {}, usage: null, costMicroUsd: 2e6, requestId: null, at: clock.now };
  await store.writeAnswer({ run: 'conv_1', turn: 0, call: 0 }, answer);
  const queue = 'queue-age tester@v1 anthropic/claude-haiku-5-5';
  expect(await look(partsWith({ 'day-spending': 2, 'database-size': 1 }))).toEqual([]);
  expect(await look(partsWith({ 'day-spending': 1.9 }))).toEqual(['day-spending service']);
  expect(await look(partsWith({ 'database-size': 0 }))).toEqual(['database-size service']);
  clock.now += 25 * 60 * MINUTE;
  expect(await look(partsWith({ 'queue-age': 26, 'day-spending': 1.9 }))).toEqual([]);
  clock.now += 61 * MINUTE;
  expect(await look(partsWith({ 'queue-age': 26 }))).toEqual([queue]);
});

test('a stopped lane is a provider that is down, until any process gets an answer from its model', async () => {
  world = await startJobsWorld();
  const { store, clock } = world;
  const stopped = new Map<string, number>();
  const lane = { provider: 'p', model: 'm', waitMs: 0, inFlight: 0 };
  noteLane(stopped, { ...lane, state: 'stopped', at: clock.now });
  const parts = partsWith({ 'provider-down': 2 });
  expect(await look(parts, stopped)).toEqual([]);
  clock.now += 2 * MINUTE;
  noteLane(stopped, { ...lane, state: 'stopped', at: clock.now });
  expect(await look(parts, stopped)).toEqual(['provider-down p/m']);
  // The process with the lane is gone; the alert is not.
  expect(await look(parts)).toEqual(['provider-down p/m']);
  clock.now += 2 * MINUTE;
  await store.writeIntent(newIntent('conv_1'));
  const billed = { model: 'p/m', costs: null };
  const answer = { response: {}, usage: null, costMicroUsd: 1, requestId: null, at: clock.now, billed };
  await store.writeAnswer({ run: 'conv_1', turn: 0, call: 0 }, answer);
  expect(await look(parts)).toEqual([]);
});

test('a schedule whose last run failed is told until a run succeeds', async () => {
  world = await startJobsWorld();
  const { store, clock } = world;
  await store.insertSchedule({
    ...{ name: 'import', cron: '0 2 * * *', timeZone: null, work: {}, owner: 'local', isEnabled: true },
    ...{ nextAt: null, createdAt: clock.now, updatedAt: clock.now },
  });
  const run = async (error: { code: 'agent_not_found'; message: string } | null) => {
    const times = { dueAt: clock.now, startedAt: clock.now, process: 'p' };
    const id = await store.insertScheduleRun({ schedule: 'import', cause: 'trigger', ...times });
    const before = await look(partsWith({}));
    await store.endScheduleRun(id, { at: clock.now, started: [], error });
    return [before, await look(partsWith({}))];
  };
  const failed = ['failed-schedule import'];
  expect(await run(null)).toEqual([[], []]);
  expect(await run({ code: 'agent_not_found', message: 'There is no agent x.' })).toEqual([[], failed]);
  const [{ message } = { message: '' }] = await store.listAlerts({ which: 'open', limit: 1 });
  expect(message).toContain('There is no agent x.');
  expect(await run(null)).toEqual([failed, []]);
});

test('sends each alert and its end once, in the form that the receiver reads, and keeps no address', async () => {
  world = await startJobsWorld();
  const received: { path: string; body: { type?: string; text?: string; data?: object } }[] = [];
  server = createServer(async (request, answer) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    received.push({ path: request.url ?? '', body: JSON.parse(body) });
    answer.writeHead(200).end();
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const receivers = createAlertReceivers([`${origin}/ops-secret`, `slack+${origin}/chat-secret`]);
  const { store } = world;
  const parts = partsWith({}, receivers.names);
  const deliver = () =>
    deliverDue(
      {
        ...{ store, show: world.jobs.show, callbacks: createCallbacks([]), secret: '', clock: parts.clock },
        ...{
          log: parts.log,
          alerts: { messageOf: createAlertCourier(store, receivers), callbacks: createCallbacks([origin]) },
        },
      },
      new AbortController().signal,
    );
  const condition = {
    rule: 'failed-schedule',
    subject: 'nightly',
    message: 'It <failed> & stopped.',
    value: null,
  } as const;
  await Promise.all([raiseAlert(condition, parts), raiseAlert(condition, parts)]);
  expect(await deliver()).toBe(2);
  expect(await deliver()).toBe(0);
  const by = (path: string) => received.filter((one) => one.path === path).map(({ body }) => body);
  expect(by('/ops-secret')).toMatchObject([{ type: 'alert.raised', data: { rule: 'failed-schedule', state: 'open' } }]);
  expect(by('/chat-secret')).toEqual([
    { text: ':rotating_light: *Rowmill: failed-schedule raised*\nIt &lt;failed&gt; &amp; stopped.' },
  ]);
  const [open] = await store.listAlerts({ which: 'open', limit: 2 });
  expect(await store.resolveAlert(open?.id ?? '', world.clock.now, receivers.names)).toBe(true);
  expect(await store.resolveAlert(open?.id ?? '', world.clock.now, receivers.names)).toBe(false);
  expect(await deliver()).toBe(2);
  expect(by('/ops-secret')[1]).toMatchObject({ type: 'alert.resolved', data: { state: 'resolved' } });
  expect(JSON.stringify(await store.listDeliveries({ limit: 9 }))).not.toContain('secret');
});

test('is listed and acknowledged over HTTP, with the scope run, and stands on the dashboard', async () => {
  world = await startJobsWorld();
  const { store, clock } = world;
  await world.jobs.enqueue([job('a')]);
  const appOf = (scopes: ('read' | 'run')[]) => {
    const caller = { ...localCaller('http'), name: 'ann', scopes };
    const monitoringOf = () => createMonitoring({ store, now: () => clock.now, alerts: NO_ALERTS }, caller);
    return createHttpApp({ ...httpParts(), watch: { ...httpParts().watch, monitoringOf } });
  };
  const read = async (path: string) => JSON.parse(await (await appOf(['read']).request(path)).text());
  await raiseAlert({ rule: 'failed-schedule', subject: 'nightly', message: 'It failed.', value: null }, partsWith({}));
  const [{ alert_id: id }] = (await read('/v1/alerts')).items;
  const path = `/v1/alerts/${id}/acknowledge`;
  expect((await appOf(['read']).request(path, { method: 'POST' })).status).toBe(403);
  expect((await appOf(['run', 'read']).request('/v1/alerts/alr_0/acknowledge', { method: 'POST' })).status).toBe(404);
  expect((await appOf(['run', 'read']).request(path, { method: 'POST' })).status).toBe(200);
  const shown = await read('/v1/dashboard');
  expect(shown.alerts).toMatchObject([{ state: 'acknowledged', acknowledged_by: 'ann' }]);
  expect(shown.queues).toMatchObject([{ agent: 'tester', waiting: 1 }]);
  await store.resolveAlert(id, clock.now, []);
  expect((await read('/v1/alerts')).items).toEqual([]);
  expect((await read('/v1/alerts?state=all')).items).toMatchObject([{ alert_id: id, state: 'resolved' }]);
});

test('limits that can not be read name the rule and the fix', () => {
  expect(readLimits('success-share=95, queue-age=off')).toMatchObject({ 'success-share': 95, 'queue-age': null });
  expect(() => readLimits('sucess-share=95')).toThrow('did you mean "success-share"?');
  for (const text of ['success-share', 'success-share=x', 'success-share=-1']) {
    expect(() => readLimits(text)).toThrow('such as success-share=90');
  }
});
