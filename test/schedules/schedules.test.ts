import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, expect, test } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { localCaller, scopesUpTo } from '../../src/runner/contract/caller.ts';
import { createSchedules } from '../../src/schedules/schedules.ts';
import { openSqliteStore } from '../../src/storage/sqlite/open-sqlite-store.ts';
import { job } from '../jobs/jobs-world.ts';
import { testAgent } from '../runner/world.ts';
import { nightly, type SchedulesWorld, startSchedulesWorld } from './schedules-world.ts';

let world: SchedulesWorld;
afterEach(() => world.close());

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes of the heap in use. */
function heapOf(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

const runs = (name: string) => world.schedules.history(name, { limit: 1_000 });

test('nightly is there from the start, and runs the jobs with a cap of their own below its own cap', async () => {
  world = await startSchedulesWorld();
  const first = await world.schedules.show('nightly');
  expect(first).toMatchObject({ enabled: true, cron: '0 2 * * *', time_zone: null, max_cost_usd: 20, last_run: null });
  expect(first.next).toHaveLength(5);
  await world.jobs.enqueue([job('capped', { max_cost_usd: 100 }), job('free'), job('small', { max_cost_usd: 0.5 })]);
  expect(await world.tick()).toBe(0);
  const [due] = (await world.schedules.show('nightly')).next;
  expect(await world.at(due ?? '')).toBe(1);
  const [run] = await runs('nightly');
  expect(run).toMatchObject({ cause: 'time', state: 'succeeded', due_at: due, error: null, batches: [{ rows: 2 }] });
  const { batch_id } = run?.batches[0] ?? { batch_id: '' };
  expect((await world.runner.report(batch_id)).options.max_cost_usd).toBe(20);
  expect((await world.jobs.queues())[0]?.waiting).toBe(1);
  await world.runner.drive(batch_id);
  expect((await runs('nightly'))[0]?.batches[0]?.status).toBe('completed');
  expect(world.events).toMatchObject([{ schedule: 'nightly', state: 'succeeded', code: null }]);
});

test('each of 400 nights in Berlin runs once, over both changes of the clock, in the same memory', async () => {
  world = await startSchedulesWorld();
  await world.schedules.stop('nightly');
  world.clock.now = Date.parse('2026-03-01T12:00:00Z');
  await world.schedules.add(nightly({ cron: '30 2 * * *' }));
  let before = 0;
  for (let hour = 0; hour < 400 * 24; hour += 1) {
    world.clock.now += 3_600_000;
    await world.tick();
    if (hour === 40 * 24) before = heapOf();
  }
  expect(heapOf() - before).toBeLessThan(4_000_000);
  const days = (await runs('jobs')).map(({ due_at }) =>
    new Intl.DateTimeFormat('sv', { timeZone: 'Europe/Berlin' }).format(new Date(due_at)),
  );
  expect([days.length, new Set(days).size]).toEqual([400, 400]);
  expect(new Set((await runs('jobs')).map(({ state }) => state))).toEqual(new Set(['succeeded']));
});

test('catches up once what it missed, and then keeps its times', async () => {
  world = await startSchedulesWorld();
  await world.schedules.stop('nightly');
  await world.schedules.add(nightly());
  expect(await world.at('2027-02-14T17:00:00Z')).toBe(1);
  expect(await world.at('2027-02-14T17:00:01Z')).toBe(0);
  expect(await world.at('2027-02-15T00:59:59Z')).toBe(0);
  expect(await world.at('2027-02-15T01:00:00Z')).toBe(1);
  expect((await runs('jobs')).map(({ cause, due_at }) => [cause, due_at])).toEqual([
    ['time', '2027-02-15T01:00:00.000Z'],
    ['catch-up', '2026-11-30T01:00:00.000Z'],
  ]);
});

test('two processes on one store run a time once', async () => {
  world = await startSchedulesWorld();
  await world.schedules.stop('nightly');
  await world.schedules.add(nightly());
  const { log, now } = world.parts;
  const store = await openSqliteStore({ path: `${world.folder}/rowmill.db`, now, log });
  const other = { ...world.parts, store, process: 'another process' };
  let fired = 0;
  for (let day = 0; day < 50; day += 1) {
    world.clock.now += 86_400_000;
    const both = await Promise.all([world.tick(), world.tick(other)]);
    fired += both[0] + both[1];
  }
  await store.close();
  expect([fired, (await runs('jobs')).length]).toEqual([50, 50]);
});

test('a run whose agent was deleted fails with the reason, and the jobs wait', async () => {
  let isGone = false;
  const findAgent = async () => {
    if (isGone) throw new AppError('agent_not_found', 'There is no agent "tester".');
    return testAgent();
  };
  world = await startSchedulesWorld({ deps: { findAgent } });
  await world.schedules.add(nightly());
  await world.jobs.enqueue([job('a')]);
  isGone = true;
  const run = await world.schedules.trigger('jobs');
  expect(run).toMatchObject({
    ...{ cause: 'trigger', state: 'failed', batches: [] },
    error: { code: 'agent_not_found', message: expect.stringContaining('There is no agent "tester"') },
  });
  expect((await world.jobs.queues())[0]?.waiting).toBe(1);
  expect(world.events).toMatchObject([{ state: 'failed', code: 'agent_not_found' }]);
  await expect(world.schedules.add(nightly({ name: 'b', action: { type: 'process_queues', agent: 'tester' } })))
    .rejects //
    .toMatchObject({ code: 'agent_not_found' });
});

test('a run whose process ended, or whose owner lost its key, has failed', async () => {
  world = await startSchedulesWorld();
  await world.schedules.add(nightly());
  const at = world.clock.now;
  await world.store.insertScheduleRun({ schedule: 'jobs', cause: 'time', dueAt: at, startedAt: at, process: 'dead' });
  await world.tick();
  // A process of another host: whether it runs is not known here.
  await world.tick({ ...world.parts, isAlive: () => 'unknown' });
  expect((await runs('jobs'))[0]?.state).toBe('running');
  world.gone.add('dead').add('local');
  await world.tick();
  expect((await runs('jobs'))[0]).toMatchObject({ state: 'failed', error: { code: 'process_died' } });
  expect(await world.schedules.trigger('jobs')).toMatchObject({ state: 'failed', error: { code: 'unauthorized' } });
});

test('needs a cap or an accepted estimate, and starts nothing above 1.1 times of it', async () => {
  world = await startSchedulesWorld();
  const path = await world.write('in.csv', 'q\na\nb\n');
  const request = { csv_uri: path, target: { name: 'tester' } };
  const batch = { name: 'batch', action: { type: 'run_batch', request } };
  await world.schedules.add(nightly({ ...batch, accepted_usd: 0 }));
  const refused = await world.schedules.trigger('batch');
  expect(refused).toMatchObject({ state: 'failed', batches: [], error: { code: 'confirmation_needed' } });
  await expect(world.schedules.change('batch', { accepted_usd: null })).rejects.toMatchObject({
    code: 'invalid_arguments',
    faults: [{ place: 'max_cost_usd' }],
  });
  await world.schedules.change('batch', { max_cost_usd: 0.5 });
  const run = await world.schedules.trigger('batch');
  expect(run).toMatchObject({ state: 'succeeded', batches: [{ agent: 'tester@v1', rows: 2, status: 'created' }] });
  expect((await world.runner.report(run.batches[0]?.batch_id ?? '')).options.max_cost_usd).toBe(0.5);
});

test('a stopped one does not run, catches nothing up when it is started, and can be triggered', async () => {
  world = await startSchedulesWorld();
  await world.schedules.add(nightly());
  expect(await world.schedules.stop('jobs')).toMatchObject({ enabled: false, next: [] });
  await world.schedules.stop('nightly');
  expect(await world.at('2027-02-14T17:00:00Z')).toBe(0);
  expect((await world.schedules.trigger('jobs')).state).toBe('succeeded');
  const [next] = (await world.schedules.start('jobs')).next;
  expect(next).toBe('2027-02-15T01:00:00.000Z');
  expect(await world.tick()).toBe(0);
  await world.schedules.remove('jobs');
  await expect(world.schedules.show('jobs')).rejects.toMatchObject({ code: 'not_found' });
  const actions = (await world.store.readAudit({ limit: 20 })).map(({ action }) => action);
  expect(actions.reverse().filter((action) => action.startsWith('schedule-'))).toEqual([
    ...['schedule-create', 'schedule-change', 'schedule-change', 'schedule-trigger', 'schedule-run'],
    ...['schedule-change', 'schedule-delete'],
  ]);
});

test('a change counts from then on: its times, and the caller in whose name it runs', async () => {
  world = await startSchedulesWorld();
  await world.schedules.stop('nightly');
  await world.schedules.add(nightly());
  world.clock.now = Date.parse('2027-02-14T17:00:00Z');
  const other = createSchedules({ ...localCaller('http'), id: 'key_b' }, world.parts);
  const { next } = await other.change('jobs', { cron: '0 20 * * *' });
  expect(next[0]).toBe('2027-02-14T19:00:00.000Z');
  expect(await world.at('2027-02-14T18:59:59Z')).toBe(0);
  expect(await world.at('2027-02-14T19:00:00Z')).toBe(1);
  expect((await world.schedules.show('jobs')).owner).toBe('key_b');
  world.gone.add('key_b');
  expect(await world.schedules.trigger('jobs')).toMatchObject({ state: 'failed', error: { code: 'unauthorized' } });
});

test('only an admin changes schedules; run is enough to trigger one', async () => {
  world = await startSchedulesWorld();
  const runner = createSchedules({ ...localCaller('http'), scopes: scopesUpTo('run') }, world.parts);
  expect((await runner.trigger('nightly')).state).toBe('succeeded');
  for (const change of [
    () => runner.add(nightly()),
    () => runner.change('nightly', { max_cost_usd: 1_000 }),
    () => runner.stop('nightly'),
    () => runner.start('nightly'),
    () => runner.remove('nightly'),
  ]) {
    await expect(change()).rejects.toMatchObject({ code: 'scope_missing' });
  }
  const reader = createSchedules({ ...localCaller('http'), scopes: ['read'] }, world.parts);
  expect(await reader.list()).toHaveLength(1);
  await expect(reader.trigger('nightly')).rejects.toMatchObject({ code: 'scope_missing' });
});
