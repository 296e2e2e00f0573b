import { afterEach, expect, test } from 'vitest';
import type { RunnerDeps } from '../../../src/runner/deps.ts';
import { createGate, echo, startWorld, table, until, type World, type WorldOptions, words } from '../world.ts';

let world: World;
afterEach(() => world.close());

async function begin(rows: number, options: WorldOptions = {}): Promise<World> {
  world = await startWorld(options);
  await world.write('table.csv', table(words(rows)));
  return world;
}

const statusesOf = async (): Promise<string[]> => {
  const [, ...lines] = (await world.read('out.csv')).trimEnd().split('\n');
  return lines.map((line) => line.split(',')[2] ?? '');
};

/** A model that answers the first `free` calls and holds the others at the gate. */
function holding(free: number) {
  const gate = createGate();
  const respond: WorldOptions['respond'] = async (row, context) => {
    if (context.number > free) await gate.wait(context.signal);
    return echo(row, context);
  };
  return { gate, respond };
}

test('a cancellation while running writes the table, with NOT_RUN for what was not run', async () => {
  const { gate, respond } = holding(2);
  await begin(12, { respond });
  const id = await world.start({ concurrency: 3 });
  const driving = world.runner.drive(id);
  await until(() => gate.waiting() === 3, 'three calls in flight');
  const other = await world.other();
  expect((await other.cancel(id)).status).toBe('running');
  await until(async () => (await world.store.readBatch(id))?.control === 'cancel', 'the request');
  // The heartbeat tells the owner; no row is begun after that.
  await world.heartbeat();
  gate.open();
  const report = await driving;
  expect(report).toMatchObject({ status: 'cancelled', counts: { succeeded: 5, queued: 7, running: 0 } });
  expect(await statusesOf()).toEqual([...Array(5).fill('SUCCESS'), ...Array(7).fill('NOT_RUN')]);
  expect((await world.store.readBatch(id))?.control).toBeNull();
});

test('a cancellation aborts the calls in flight, whose rows were not run', async () => {
  const { gate, respond } = holding(2);
  await begin(6, { respond });
  const id = await world.start({ concurrency: 3 });
  const driving = world.runner.drive(id);
  await until(() => gate.waiting() === 3, 'three calls in flight');
  const other = await world.other();
  await other.cancel(id);
  await world.heartbeat();
  const cancelledAt = performance.now();
  const report = await driving;
  // Far less than the grace time of a pause.
  expect(performance.now() - cancelledAt).toBeLessThan(15_000);
  expect(report).toMatchObject({ status: 'cancelled', counts: { succeeded: 2, queued: 4, running: 0, failed: 0 } });
  expect(await statusesOf()).toEqual([...Array(2).fill('SUCCESS'), ...Array(4).fill('NOT_RUN')]);
  // They may have been charged.
  expect(report.cost_usd_at_most).toBeGreaterThan(report.cost_usd ?? 0);
});

test('a cancellation before the start leaves nothing to run', async () => {
  await begin(3);
  const id = await world.start();
  expect(await world.runner.cancel(id)).toMatchObject({ status: 'cancelled' });
  expect(await world.runner.lapsed()).toEqual([]);
  expect((await world.runner.drive(id)).status).toBe('cancelled');
  expect(world.sent).toEqual([]);
});

test('a cancellation while paused writes the table as soon as someone drives', async () => {
  await begin(6);
  const id = await world.start({ sample: 2 });
  await world.runner.drive(id);
  expect((await world.runner.cancel(id)).status).toBe('aggregating');
  expect(await world.runner.lapsed()).toEqual([id]);
  expect((await world.runner.drive(id)).status).toBe('cancelled');
  expect(await statusesOf()).toEqual(['SUCCESS', 'SUCCESS', 'NOT_RUN', 'NOT_RUN', 'NOT_RUN', 'NOT_RUN']);
});

test('cancelling twice is one cancellation; cancelling what has ended is refused', async () => {
  await begin(2);
  const id = await world.start();
  await world.runner.cancel(id);
  expect((await world.runner.cancel(id)).status).toBe('cancelled');
  const done = await world.start();
  await world.runner.drive(done);
  await expect(world.runner.cancel(done)).rejects.toMatchObject({ code: 'batch_state_invalid' });
});

test('a cancellation that meets the end of the batch does not undo it', async () => {
  await begin(2);
  const id = await world.start();
  const done = Promise.withResolvers<void>();
  // The canceller has read a running batch; before it writes, the batch completes.
  const other = await world.other({
    store: new Proxy(world.store, {
      get: (target, name: keyof typeof world.store) => {
        const method = target[name] as (...args: unknown[]) => Promise<unknown>;
        if (name !== 'updateBatch') return method.bind(target);
        return async (...args: unknown[]) => {
          await done.promise;
          return method.apply(target, args);
        };
      },
    }),
  } as Partial<RunnerDeps>);
  const cancelling = other.cancel(id);
  await world.runner.drive(id);
  done.resolve();
  await expect(cancelling).rejects.toMatchObject({ code: 'batch_state_invalid' });
  expect(await world.store.readBatch(id)).toMatchObject({ status: 'completed', control: null });
});

test.each(['sample', 'budget'] as const)('a cancellation that meets a %s pause is not lost', async (why) => {
  let canceller: Promise<unknown> | undefined;
  await begin(5, {
    intercept: async (method, [id, change]) => {
      // The last moment: the owner is about to write its pause, too late for a heartbeat.
      if (method !== 'updateBatch' || (change as { pauseReason?: string }).pauseReason !== why) return;
      canceller ??= other.cancel(String(id));
      await canceller;
    },
  });
  const other = await world.other();
  const id = await world.start(why === 'sample' ? { sample: 2 } : { max_cost_usd: 0.00001 });
  const report = await world.runner.drive(id);
  expect(canceller).toBeDefined();
  expect(report).toMatchObject({ status: 'cancelled', counts: { running: 0 } });
  expect(await statusesOf()).toHaveLength(5);
});

test('a cancellation of a batch whose process died counts no row as running', async () => {
  await begin(4);
  const id = await world.start();
  const dead = { ...world.deps.owner, instance: 'dead', pid: 2 ** 22 + 1, processStart: '1' };
  const lease = await world.store.acquireLease(id, dead);
  if (!lease.acquired) throw new Error('The lease is taken.');
  await world.store.insertRows(lease.fence, [{ row: 0, line: 2, cells: ['w0'] }]);
  await world.store.updateBatch(id, { status: 'running', columns: ['q'] }, { fence: lease.fence });
  await world.store.claimRows(lease.fence, { limit: 1, at: 1 });
  const report = await world.runner.cancel(id);
  expect(report).toMatchObject({ status: 'aggregating', counts: { running: 0, queued: 1 } });
  expect((await world.runner.drive(id)).status).toBe('cancelled');
});

test('a second stop while the table of a cancelled batch is written pauses it, and it ends as cancelled later', async () => {
  const hard = new AbortController();
  await begin(3, {
    intercept: (method, [, change]) => {
      if (method === 'updateBatch' && (change as { status?: string }).status === 'aggregating') hard.abort();
    },
  });
  const id = await world.start({ sample: 1 });
  await world.runner.drive(id);
  await world.runner.resume(id);
  const lease = await world.store.acquireLease(id, { ...world.deps.owner, instance: 'other' });
  await world.runner.cancel(id);
  if (lease.acquired) await world.store.releaseLease(lease.fence);
  const report = await world.runner.drive(id, { hardSignal: hard.signal });
  expect(report).toMatchObject({ status: 'paused', pause_reason: 'interrupted' });
  await world.runner.resume(id);
  expect((await world.runner.drive(id)).status).toBe('cancelled');
});
