import { afterEach, expect, test } from 'vitest';
import { createSilentLog } from '../../../src/base/log.ts';
import type { BatchReport } from '../../../src/runner/contract/report/report.ts';
import type { Runner } from '../../../src/runner/runner.ts';
import { createEvents } from '../../../src/telemetry/create-events.ts';
import type { EventName } from '../../../src/telemetry/events.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { createGate, echo, startWorld, table, until, type World, type WorldOptions, words } from '../world.ts';

const NAMES: EventName[] = ['batch-status', 'lease-start', 'lease-end', 'batch-progress', 'row-end', 'model-call-end'];

let world: World;
let clock: ReturnType<typeof createManualClock>;
afterEach(() => world.close());

async function begin(rows: number, options: WorldOptions = {}): Promise<void> {
  clock = createManualClock();
  world = await startWorld({ ...options, deps: { ...options.deps, clock, heartbeatMs: 1_000 } });
  await world.write('table.csv', table(words(rows)));
}

/** A model that answers its first calls and holds the others at a gate. */
function holding(free: number) {
  const gate = createGate();
  const respond: WorldOptions['respond'] = async (row, context) => {
    if (context.number > free) await gate.wait(context.signal);
    return echo(row, context);
  };
  return { gate, respond };
}

/** Another process: events of its own. */
const otherProcess = () => world.other({ events: createEvents({ log: createSilentLog() }) });

/** Watches in the background; keeps what it is given. */
function follow(runner: Runner, id: string, signal: AbortSignal = new AbortController().signal) {
  const reports: BatchReport[] = [];
  const read = async () => {
    for await (const report of runner.watch(id, signal)) reports.push(report);
  };
  const done = read();
  done.catch(() => undefined);
  return { reports, done, last: () => reports.at(-1) };
}

/** Lets whatever needs no clock come to its rest. */
const settle = async () => {
  for (let turn = 0; turn < 40; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

function emitRowEnd(batchId: string): void {
  const row = { row: 0, attempt: 1, outcome: 'succeeded' as const, code: null, processingMs: 1, at: 0 };
  world.deps.events.emit('row-end', { batchId, ...row });
}

test('reports the batch as it is, then each status of a run in this process without waiting, and ends with it', async () => {
  const { gate, respond } = holding(0);
  await begin(3, { respond });
  const id = await world.start();
  const watch = follow(world.runner, id);
  await until(() => watch.last()?.status === 'created', 'the first report');
  const driving = world.runner.drive(id);
  await until(() => watch.last()?.status === 'running', 'running');
  gate.open();
  await driving;
  await watch.done;
  expect(watch.last()).toMatchObject({ status: 'completed', counts: { succeeded: 3 } });
  expect(NAMES.filter(world.deps.events.has)).toEqual([]);
});

test('a batch at rest is reported once', async () => {
  await begin(2);
  const id = await world.start({ sample: 1 });
  await world.runner.drive(id);
  const watch = follow(world.runner, id);
  await watch.done;
  expect(watch.reports).toMatchObject([{ status: 'paused', pause_reason: 'sample' }]);
});

test('in this process a change is reported a quarter of a second after the last report, and many of them once', async () => {
  const { gate, respond } = holding(0);
  await begin(3, { respond });
  const id = await world.start();
  const driving = world.runner.drive(id);
  await until(() => gate.waiting() === 1, 'the first call');
  const watch = follow(world.runner, id);
  await until(() => watch.reports.length === 1, 'the first report');
  await world.store.updateBatch(id, { settings: { concurrency: 7 } }, {});
  await settle();
  await clock.advance(249);
  for (let event = 0; event < 3; event += 1) emitRowEnd(id);
  await settle();
  expect(watch.reports).toHaveLength(1);
  await clock.advance(1);
  await until(() => watch.reports.length === 2, 'the change');
  expect(watch.last()?.options.concurrency).toBe(7);
  await world.store.updateBatch(id, { settings: { concurrency: 8 } }, {});
  emitRowEnd('bat_other');
  await clock.advance(250);
  await settle();
  expect(watch.reports).toHaveLength(2);
  gate.open();
  await driving;
  await watch.done;
});

test('a batch of another process is looked at once a second', async () => {
  const { gate, respond } = holding(0);
  await begin(3, { respond });
  const id = await world.start();
  const other = await otherProcess();
  const driving = other.drive(id);
  await until(() => gate.waiting() === 1, 'the first call');
  const watch = follow(world.runner, id);
  await until(() => watch.reports.length === 1, 'the first report');
  gate.open();
  expect((await driving).status).toBe('completed');
  await clock.advance(999);
  await settle();
  expect(watch.reports).toHaveLength(1);
  await clock.advance(1);
  await watch.done;
  expect(watch.reports).toMatchObject([{ status: 'running' }, { status: 'completed', counts: { succeeded: 3 } }]);
  expect(NAMES.filter(world.deps.events.has)).toEqual([]);
});

test('a batch is followed from this process into another and back', async () => {
  const { gate, respond } = holding(2);
  await begin(4, { respond });
  const id = await world.start({ concurrency: 1 });
  const stop = new AbortController();
  const driving = world.runner.drive(id, { hardSignal: stop.signal, onDrain: 'release' });
  await until(() => gate.waiting() === 1, 'the third row in this process');
  const watch = follow(world.runner, id);
  await until(async () => {
    await clock.advance(250);
    return watch.last()?.counts.succeeded === 2;
  }, 'two rows');
  stop.abort();
  await driving;
  const other = await otherProcess();
  const otherStop = new AbortController();
  const drivingThere = other.drive(id, { hardSignal: otherStop.signal, onDrain: 'release' });
  await until(() => gate.waiting() === 2, 'the third row in the other process');
  await world.store.updateBatch(id, { settings: { concurrency: 3 } }, {});
  await settle();
  await clock.advance(1_000);
  await until(() => watch.last()?.options.concurrency === 3, 'a look at the store');
  otherStop.abort();
  await drivingThere;
  gate.open();
  await world.runner.drive(id);
  await watch.done;
  expect(watch.last()).toMatchObject({ status: 'completed', counts: { succeeded: 4 } });
});

test('a slow consumer gets the latest report, and none of those before it', async () => {
  await begin(5);
  const id = await world.start();
  const reports = world.runner.watch(id, new AbortController().signal)[Symbol.asyncIterator]();
  expect((await reports.next()).value).toMatchObject({ status: 'created' });
  await world.runner.drive(id);
  expect((await reports.next()).value).toMatchObject({ status: 'completed', counts: { succeeded: 5 } });
  expect(await reports.next()).toEqual({ value: undefined, done: true });
});

test('ends when its signal fires, and leaves no timer and no listener', async () => {
  const { gate, respond } = holding(0);
  await begin(1, { respond });
  const id = await world.start();
  const before = clock.sleepers();
  const stop = new AbortController();
  const watch = follow(world.runner, id, stop.signal);
  await until(() => clock.sleepers() === before + 1, 'its wait');
  stop.abort();
  await watch.done;
  expect(watch.reports).toMatchObject([{ status: 'created' }]);
  expect(clock.sleepers()).toBe(before);
  expect(NAMES.filter(world.deps.events.has)).toEqual([]);
  gate.open();
});

test('gives the present report even when its signal has fired already', async () => {
  await begin(1);
  const watch = follow(world.runner, await world.start(), AbortSignal.abort());
  await watch.done;
  expect(watch.reports).toMatchObject([{ status: 'created' }]);
});

test('a batch at rest whose owner died is given up when its lease is over', async () => {
  await begin(1);
  const id = await world.start();
  await world.runner.drive(id);
  await world.store.acquireLease(id, { ...world.deps.owner, instance: 'gone' });
  const watch = follow(world.runner, id);
  let isOver = false;
  void watch.done.finally(() => {
    isOver = true;
  });
  for (let second = 0; second < 15; second += 1) {
    await until(() => clock.sleepers() === 1, 'its wait');
    expect(isOver).toBe(false);
    await clock.advance(1_000);
  }
  await watch.done;
  expect(watch.reports).toHaveLength(1);
});

test('a pause into which a cancellation came is not the end', async () => {
  await begin(2);
  const id = await world.start({ sample: 1 });
  await world.runner.drive(id);
  await world.store.updateBatch(id, { control: 'cancel' }, {});
  const watch = follow(world.runner, id);
  await until(() => watch.reports.length === 1, 'the first report');
  await world.runner.cancel(id);
  await world.runner.drive(id);
  await watch.done;
  expect(watch.last()?.status).toBe('cancelled');
});

test('a batch that does not exist is a fault', async () => {
  await begin(1);
  await expect(follow(world.runner, 'bat_none').done).rejects.toMatchObject({ code: 'batch_not_found' });
});

test('listeners that throw or hang change nothing about a batch', async () => {
  await begin(20);
  for (const name of NAMES) {
    world.deps.events.on(name, () => {
      throw new Error('broken');
    });
    world.deps.events.on(name, () => new Promise(() => undefined));
  }
  const id = await world.start();
  expect(await world.runner.drive(id)).toMatchObject({ status: 'completed', counts: { succeeded: 20, failed: 0 } });
  expect(world.sent).toHaveLength(20);
});
