import { afterEach, expect, test } from 'vitest';
import { createSilentLog } from '../../src/base/log.ts';
import { createHttpApp } from '../../src/http/app.ts';
import { readLimits } from '../../src/monitoring/alerts/alert-limits.ts';
import { RULE_NAMES } from '../../src/monitoring/alerts/alert-rules.ts';
import { type AlertParts, lookOnce } from '../../src/monitoring/alerts/keep-alerts.ts';
import { createMonitoring } from '../../src/monitoring/monitoring.ts';
import { localCaller } from '../../src/runner/contract/caller.ts';
import { httpParts } from '../http/http-parts.ts';
import { type JobsWorld, job, startJobsWorld } from '../jobs/jobs-world.ts';

const HOUR = 3_600_000;
const RECEIVERS = ['https://ops.example/#12345678'];

let world: JobsWorld;
afterEach(() => world.close());

function parts(limits = 'queue-age=3', receivers = RECEIVERS): AlertParts {
  const { store, deps } = world;
  const clock = { ...deps.clock, now: () => world.clock.now };
  return { store, limits: readLimits(limits), receivers, newId: deps.newId, clock, log: createSilentLog() };
}

async function call(path: string, method = 'GET') {
  const { store, clock } = world;
  const alerts = { limits: readLimits('queue-age=3,success-share=off'), receivers: () => RECEIVERS };
  const caller = { ...localCaller('http'), name: 'ann' };
  const monitoringOf = () => createMonitoring({ store, now: () => clock.now, alerts }, caller);
  const app = createHttpApp({ ...httpParts(), watch: { ...httpParts().watch, monitoringOf } });
  const answer = await app.request(path, { method });
  return { status: answer.status, body: JSON.parse(await answer.text()) };
}

const raised = async (state = 'open') => (await call(`/v1/alerts?state=${state}`)).body.items;

test('an alert says what was measured, the limit, and what it is about', async () => {
  world = await startJobsWorld();
  await world.jobs.enqueue([job('a')]);
  world.clock.now += 4.5 * HOUR;
  await lookOnce(parts(), new Map([['p/m', world.clock.now - HOUR]]));
  expect(await raised()).toMatchObject([
    { rule: 'provider-down', value: 60, limit: 2, unit: 'minutes', about: { kind: 'model', id: 'p/m' } },
    {
      rule: 'queue-age',
      value: 4.5,
      limit: 3,
      unit: 'hours',
      about: { kind: 'queue', id: 'tester@v1 anthropic/claude-haiku-5-5' },
    },
  ]);
});

test('an alert that a person resolves is not raised again while its cause goes on, and is after that', async () => {
  world = await startJobsWorld();
  const { store, clock } = world;
  await world.jobs.enqueue([job('a')]);
  clock.now += 4 * HOUR;
  await lookOnce(parts(), new Map());
  const [{ alert_id: id }] = await raised();
  expect((await call('/v1/alerts/alr_0/resolve', 'POST')).status).toBe(404);
  const resolved = await call(`/v1/alerts/${id}/resolve`, 'POST');
  expect(resolved.body).toMatchObject({ state: 'resolved', resolved_by: 'ann' });
  clock.now += HOUR;
  expect((await call(`/v1/alerts/${id}/resolve`, 'POST')).body).toEqual(resolved.body);
  await lookOnce(parts(), new Map());
  expect([await raised(), (await raised('resolved')).length]).toEqual([[], 1]);
  // Its cause ends: what the person did stays, and it is not sent a second time.
  await lookOnce(parts('queue-age=90', [...RECEIVERS, 'https://later.example/#87654321']), new Map());
  expect(await raised('resolved')).toEqual([resolved.body]);
  const sent = (await store.listDeliveries({ limit: 9 })).map(({ eventId }) => eventId.split('_').at(-2));
  expect(sent.toSorted()).toEqual(['raised', 'resolved']);
  await lookOnce(parts(), new Map());
  expect(await raised()).toHaveLength(1);
  expect((await raised('all')).map(({ state }: { state: string }) => state)).toEqual(['open', 'resolved']);
});

test('the rules are listed with the limits that hold, and receivers without their addresses', async () => {
  world = await startJobsWorld();
  const { rules, receivers } = (await call('/v1/alert-rules')).body;
  expect(receivers).toEqual(RECEIVERS);
  expect(rules.map(({ rule }: { rule: string }) => rule)).toEqual(RULE_NAMES);
  expect(rules[0]).toMatchObject({ rule: 'success-share', raised_when: 'below', limit: null, default_limit: 90 });
  expect(rules).toContainEqual(expect.objectContaining({ rule: 'queue-age', unit: 'hours', limit: 3 }));
});
