import { afterEach, expect, test } from 'vitest';
import { createHttpApp, type HttpApp } from '../../../src/http/app.ts';
import { job } from '../../jobs/jobs-world.ts';
import { type SchedulesWorld, startSchedulesWorld } from '../../schedules/schedules-world.ts';
import { httpParts } from '../http-parts.ts';

let world: SchedulesWorld;
afterEach(() => world.close());

async function startApp(): Promise<HttpApp> {
  world = await startSchedulesWorld();
  return createHttpApp({ ...httpParts({ idempotency: world.store }), schedulesOf: () => world.schedules });
}

async function get(app: HttpApp, path: string) {
  const answer = await app.request(path);
  return { status: answer.status, body: JSON.parse(await answer.text()) };
}

test('a cron expression is checked, put into words and shown with its times, and nothing is added', async () => {
  const app = await startApp();
  world.clock.now = Date.parse('2026-12-01T12:00:00Z');
  const good = await get(app, '/v1/schedule-times?cron=30+6+*+*+1-5&time_zone=Europe/Berlin');
  expect(good).toMatchObject({ status: 200, body: { in_words: 'At 06:30, Monday to Friday', zone: 'Europe/Berlin' } });
  expect(good.body.next).toHaveLength(5);
  expect(good.body.next[0]).toBe('2026-12-02T05:30:00.000Z');
  const { zone } = (await get(app, '/v1/schedule-times?cron=@daily')).body;
  expect(zone).toBe(Intl.DateTimeFormat().resolvedOptions().timeZone);
  const bad = await get(app, '/v1/schedule-times?cron=61+*+*+*+*');
  expect(bad).toMatchObject({ status: 400, body: { code: 'invalid_arguments', place: 'cron' } });
  const nowhere = await get(app, '/v1/schedule-times?cron=@daily&time_zone=Mars/Base');
  expect(nowhere).toMatchObject({ status: 400, body: { place: 'time_zone' } });
  expect((await get(app, '/v1/schedules')).body.items).toHaveLength(1);
});

test('a run in the history has what each of its batches cost', async () => {
  const app = await startApp();
  await world.jobs.enqueue([job('a', { max_cost_usd: 1 })]);
  const run = await world.schedules.trigger('nightly');
  const [batch] = run.batches;
  expect(batch?.cost_usd).toBe(0);
  await world.runner.drive(batch?.batch_id ?? '');
  const { body } = await get(app, '/v1/schedules/nightly/runs');
  const { cost_usd: cost } = await world.runner.report(batch?.batch_id ?? '');
  expect(cost).toBeGreaterThan(0);
  expect(body.items[0].batches[0]).toMatchObject({ status: 'completed', cost_usd: cost });
  const shown = await get(app, '/v1/schedules/nightly');
  expect(shown.body).toMatchObject({ cron: '0 2 * * *', in_words: 'At 02:00 every day', last_run: { run_id: 1 } });
});
