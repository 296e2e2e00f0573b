import { afterEach, expect, test } from 'vitest';
import type { Clock } from '../../../src/base/clock.ts';
import { type SuperviseOptions, supervise } from '../../../src/runner/lifecycle/supervise.ts';
import { createGate, echo, startWorld, table, until, type World, type WorldOptions, words } from '../world.ts';

let world: World;
afterEach(() => world.close());

async function begin(options: WorldOptions = {}): Promise<World> {
  world = await startWorld(options);
  await world.write('table.csv', table(words(5)));
  return world;
}

/** Runs fifty times as fast as the world's clock. */
function fast({ now, monotonic, sleep }: Clock): Clock {
  return { now, monotonic: () => monotonic() * 50, sleep: (ms, signal) => sleep(ms / 50, signal) };
}

function supervising(overrides: Partial<SuperviseOptions> = {}): Promise<void> {
  return supervise({
    runner: world.runner,
    clock: fast(world.deps.clock),
    log: world.deps.log,
    signal: new AbortController().signal,
    hardSignal: new AbortController().signal,
    untilIdle: true,
    ...overrides,
  });
}

test('drives every batch that nobody drives, and ends when none is left', async () => {
  await begin();
  const ids = [await world.start(), await world.start(undefined, { output_uri: `${world.folder}/second.csv` })];
  const paused = await world.start({ sample: 1 }, { output_uri: `${world.folder}/third.csv` });
  await supervising();
  for (const id of ids) expect((await world.runner.report(id)).status).toBe('completed');
  // A pause is a person's to end: nothing resumes spending unasked.
  expect(await world.runner.report(paused)).toMatchObject({ status: 'paused', counts: { succeeded: 1 } });
});

test('pauses a batch under which two processes in a row died, until a person resumes it', async () => {
  await begin();
  const id = await world.start();
  const die = async () => {
    const dead = { ...world.deps.owner, instance: 'dead', pid: 2 ** 22 + 1, processStart: '1' };
    expect(await world.store.acquireLease(id, dead)).toMatchObject({ acquired: true });
  };
  await die();
  await die();
  await supervising();
  expect(await world.runner.report(id)).toMatchObject({
    status: 'paused',
    pause_reason: 'fatal',
    error: { code: 'process_died', message: expect.stringContaining('2 processes in a row died') },
  });
  await supervising();
  expect((await world.runner.report(id)).status).toBe('paused');
  await world.runner.resume(id);
  await die();
  await supervising();
  expect((await world.runner.report(id)).status).toBe('completed');
});

test.each(['validating', 'loading', 'running', 'aggregating'] as const)(
  'pauses a batch whose processes died while it was %s, and a resume completes it',
  async (status) => {
    await begin();
    const id = await world.start(status === 'running' || status === 'aggregating' ? { sample: 2 } : {});
    if (status === 'running' || status === 'aggregating') await supervising();
    const dead = { ...world.deps.owner, instance: 'dead', pid: 2 ** 22 + 1, processStart: '1' };
    const lease = await world.store.acquireLease(id, dead);
    if (!lease.acquired) throw new Error('The lease is taken.');
    const ending = status === 'aggregating' ? { ending: 'completed' as const } : {};
    const change = { status, pauseReason: null, rowLimit: null, ...ending };
    await world.store.updateBatch(id, change, { fence: lease.fence });
    await world.store.acquireLease(id, dead);
    await supervising();
    expect(await world.runner.report(id)).toMatchObject({ status: 'paused', error: { code: 'process_died' } });
    await world.runner.resume(id);
    await supervising();
    const succeeded = status === 'aggregating' ? 2 : 5;
    expect(await world.runner.report(id)).toMatchObject({ status: 'completed', error: null, counts: { succeeded } });
  },
);

test('takes over after one death, and after more where rows ended in between', async () => {
  await begin();
  const id = await world.start({ sample: 2 });
  const dead = { ...world.deps.owner, instance: 'dead', pid: 2 ** 22 + 1, processStart: '1' };
  await world.store.acquireLease(id, dead);
  await supervising();
  await world.store.acquireLease(id, dead);
  await world.runner.resume(id);
  await supervising();
  expect(await world.runner.report(id)).toMatchObject({ status: 'completed', counts: { succeeded: 5 } });
});

test('leaves what another process drives alone', async () => {
  const gate = createGate();
  await begin({
    respond: async (row, context) => {
      await gate.wait();
      return echo(row, context);
    },
  });
  const other = await world.other();
  const id = await world.start();
  const driving = other.drive(id);
  await until(() => gate.waiting() === 1, 'the first call');
  await supervising();
  expect((await world.runner.report(id)).status).toBe('running');
  gate.open();
  expect((await driving).status).toBe('completed');
  expect(world.sent).toHaveLength(5);
});

test('a signal drains, and leaves the batch running for the next process', async () => {
  const gate = createGate();
  await begin({
    respond: async (row, context) => {
      if (context.number > 1) await gate.wait();
      return echo(row, context);
    },
  });
  const id = await world.start({ concurrency: 2 });
  const stop = new AbortController();
  const all = supervising({ signal: stop.signal, untilIdle: false });
  await until(() => gate.waiting() === 2, 'two calls in flight');
  stop.abort();
  gate.open();
  await all;
  expect(await world.runner.report(id)).toMatchObject({ status: 'running', counts: { succeeded: 3, running: 0 } });
  await supervising();
  expect((await world.runner.report(id)).status).toBe('completed');
  expect(world.sent).toHaveLength(5);
});

test('a batch whose drive fails is tried again, and does not stop the others', async () => {
  await begin();
  let faults = 0;
  const bad = await world.start();
  const good = await world.start(undefined, { output_uri: `${world.folder}/second.csv` });
  const runner: World['runner'] = {
    ...world.runner,
    drive: (id, options) => {
      if (id !== bad || faults === 2) return world.runner.drive(id, options);
      faults += 1;
      return Promise.reject(new Error('The disk is full.'));
    },
  };
  await supervising({ runner });
  expect(faults).toBe(2);
  for (const id of [bad, good]) expect((await world.runner.report(id)).status).toBe('completed');
});
