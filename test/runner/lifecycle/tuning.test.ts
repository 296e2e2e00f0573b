import { afterEach, expect, test } from 'vitest';
import {
  CALL_USD,
  createGate,
  echo,
  startWorld,
  table,
  until,
  type World,
  type WorldOptions,
  words,
} from '../world.ts';

let world: World;
afterEach(() => world.close());

async function begin(rows: number, options: WorldOptions = {}): Promise<World> {
  world = await startWorld(options);
  await world.write('table.csv', table(words(rows)));
  return world;
}

/** A model that answers the first `free` calls and holds the others at the gate. */
function holding(free: number) {
  const gate = createGate();
  const respond: WorldOptions['respond'] = async (row, context) => {
    if (context.number > free) await gate.wait(context.signal);
    return echo(row, context);
  };
  return { gate, respond };
}

test('a pause from elsewhere stops new rows at the next heartbeat, and a resume runs the rest once', async () => {
  const { gate, respond } = holding(1);
  await begin(30, { respond });
  const id = await world.start({ concurrency: 3 });
  const driving = world.runner.drive(id);
  await until(() => gate.waiting() === 3, 'three calls in flight');
  const other = await world.other();
  expect((await other.pause(id)).status).toBe('running');
  // Rows in progress are answered only after the heartbeat by which the owner has to know.
  await world.heartbeat();
  gate.open();
  expect(await driving).toMatchObject({
    status: 'paused',
    pause_reason: 'user',
    counts: { succeeded: 4, queued: 26, running: 0, failed: 0 },
  });
  await other.resume(id);
  expect(await other.drive(id)).toMatchObject({ status: 'completed', counts: { succeeded: 30 } });
  expect(world.sent).toHaveLength(30);
});

test('a pause of a batch that nobody runs is carried out at once', async () => {
  await begin(3);
  const id = await world.start();
  expect(await world.runner.pause(id)).toMatchObject({ status: 'paused', pause_reason: 'user' });
  expect(await world.runner.lapsed()).toEqual([]);
  expect(await world.runner.pause(id)).toMatchObject({ status: 'paused' });
  await world.runner.resume(id);
  expect((await world.runner.drive(id)).status).toBe('completed');
  await expect(world.runner.pause(id)).rejects.toMatchObject({ code: 'batch_state_invalid' });
});

test('a pause does not undo a cancellation, and a resume neither', async () => {
  await begin(3);
  const id = await world.start();
  await world.store.updateBatch(id, { control: 'cancel' }, {});
  await expect(world.runner.pause(id)).rejects.toMatchObject({ code: 'batch_state_invalid' });
  expect((await world.store.readBatch(id))?.control).toBe('cancel');
  await world.store.updateBatch(id, { status: 'paused', pauseReason: 'user' }, {});
  await expect(world.runner.resume(id)).rejects.toMatchObject({ code: 'batch_state_invalid' });
});

test('a higher concurrency takes effect while rows are at work', async () => {
  const { gate, respond } = holding(1);
  await begin(40, { respond });
  const id = await world.start({ concurrency: 2 });
  const driving = world.runner.drive(id);
  await until(() => gate.waiting() === 2, 'two calls in flight');
  const other = await world.other();
  const { options } = await other.set(id, { concurrency: 9, priority: 8 });
  expect(options).toMatchObject({ concurrency: 9, priority: 8 });
  await until(() => gate.waiting() === 9, 'nine calls in flight');
  gate.open();
  expect(await driving).toMatchObject({ status: 'completed', options: { concurrency: 9, priority: 8 } });
});

test('a lower concurrency lets rows at work finish and starts fewer', async () => {
  const gates = [createGate(), createGate()] as const;
  let round = 0;
  const respond: WorldOptions['respond'] = async (row, context) => {
    if (context.number > 1) await gates[round === 0 ? 0 : 1].wait(context.signal);
    return echo(row, context);
  };
  await begin(20, { respond });
  const id = await world.start({ concurrency: 6 });
  const driving = world.runner.drive(id);
  await until(() => gates[0].waiting() === 6, 'six calls in flight');
  await world.runner.set(id, { concurrency: 2 });
  await world.heartbeat();
  round = 1;
  world.atOnce.most = 0;
  gates[0].open();
  await until(() => gates[1].waiting() === 2, 'two calls in flight');
  expect(world.atOnce.now).toBe(2);
  gates[1].open();
  expect((await driving).counts.succeeded).toBe(20);
  expect(world.atOnce.most).toBeLessThanOrEqual(2);
});

test('a higher cap goes on with calls that wait for what others leave', async () => {
  const { gate, respond } = holding(1);
  await begin(12, { respond });
  // Room for the first call and a few in flight at their worst.
  const id = await world.start({ concurrency: 8, max_cost_usd: 0.0009 });
  const driving = world.runner.drive(id);
  await until(() => gate.waiting() > 0, 'calls in flight');
  await until(async () => (await world.runner.report(id)).counts.running >= 8, 'eight rows running');
  await world.heartbeat();
  expect(gate.waiting()).toBeLessThan(8);
  const other = await world.other();
  await other.set(id, { max_cost_usd: 1 });
  await until(() => gate.waiting() === 8, 'all calls in flight');
  gate.open();
  expect(await driving).toMatchObject({ status: 'completed', counts: { succeeded: 12 } });
});

test('a cap that is set on a running batch without one holds, calls in flight included', async () => {
  const { gate, respond } = holding(5);
  await begin(60, { respond });
  const id = await world.start({ concurrency: 4 });
  const driving = world.runner.drive(id);
  await until(() => gate.waiting() === 4, 'four calls in flight');
  const cap = 12 * CALL_USD;
  await world.runner.set(id, { max_cost_usd: cap });
  await world.heartbeat();
  gate.open();
  const paused = await driving;
  expect(paused).toMatchObject({ status: 'paused', pause_reason: 'budget', counts: { failed: 0, running: 0 } });
  expect(paused.cost_usd_at_most).toBeLessThanOrEqual(cap);
  expect(paused.cost_usd).toBeCloseTo(paused.counts.succeeded * CALL_USD, 12);
});

test('two processes that set different things both keep theirs', async () => {
  await begin(3);
  const id = await world.start();
  const other = await world.other();
  await Promise.all([world.runner.set(id, { concurrency: 3 }), other.set(id, { max_cost_usd: 2 })]);
  expect((await world.runner.report(id)).options).toMatchObject({ concurrency: 3, max_cost_usd: 2, priority: 5 });
});

test('wrong settings are refused, and so are those of an ended batch', async () => {
  await begin(2);
  const id = await world.start();
  for (const tuning of [{}, { concurrency: 0 }, { priority: 11 }, { max_cost_usd: -1 }]) {
    await expect(world.runner.set(id, tuning)).rejects.toMatchObject({ code: 'invalid_arguments' });
  }
  await world.runner.drive(id);
  await expect(world.runner.set(id, { concurrency: 2 })).rejects.toMatchObject({
    code: 'batch_state_invalid',
    message: expect.stringContaining('retry'),
  });
});

test('a cap on a model of unknown price is refused while the batch runs, too', async () => {
  await begin(2, { agent: { model: { provider: 'anthropic', model: 'claude-nobody-knows' } } });
  const id = await world.start();
  await expect(world.runner.set(id, { max_cost_usd: 1 })).rejects.toMatchObject({ code: 'budget_unpriced' });
});

test('a repeated start under one idempotency key stays one after a set', async () => {
  await begin(2);
  const first = await world.start({ idempotency_key: 'k' });
  await world.runner.set(first, { concurrency: 7 });
  const again = await world.runner.create(world.request({ idempotency_key: 'k' }));
  expect(again).toMatchObject({ started: false, report: { batch_id: first } });
  expect(await world.runner.find('k')).toMatchObject({ batch_id: first });
  expect(await world.runner.find('other')).toBeUndefined();
});
