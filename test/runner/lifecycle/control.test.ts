import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { AppError } from '../../../src/base/errors.ts';
import {
  ask,
  createGate,
  echo,
  isSecondTurn,
  say,
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

test('a signal drains: rows at work finish, the rest is queued, and a resume runs it once', async () => {
  const { gate, respond } = holding(3);
  await begin(20, { respond });
  const stop = new AbortController();
  const id = await world.start({ concurrency: 4 });
  const driving = world.runner.drive(id, { signal: stop.signal });
  await until(() => gate.waiting() === 4, 'four calls in flight');
  stop.abort();
  gate.open();
  expect(await driving).toMatchObject({
    status: 'paused',
    pause_reason: 'interrupted',
    counts: { succeeded: 7, queued: 13, running: 0 },
  });
  await world.runner.resume(id);
  expect(await world.runner.drive(id)).toMatchObject({ status: 'completed', counts: { succeeded: 20 } });
  expect(world.sent).toHaveLength(20);
});

test('a drain gives back what was claimed ahead, though no row was left to claim', async () => {
  const { gate, respond } = holding(1);
  await begin(6, { respond });
  const stop = new AbortController();
  const id = await world.start({ concurrency: 4 });
  const driving = world.runner.drive(id, { signal: stop.signal });
  await until(async () => {
    const { running } = (await world.runner.report(id)).counts;
    return gate.waiting() === 4 && running === 5;
  }, 'four calls in flight and one row claimed ahead');
  stop.abort();
  gate.open();
  expect(await driving).toMatchObject({ status: 'paused', counts: { succeeded: 5, queued: 1, running: 0 } });
  await world.runner.resume(id);
  expect(await world.runner.drive(id)).toMatchObject({ status: 'completed', counts: { succeeded: 6 } });
  expect(world.sent).toHaveLength(6);
});

test('a hard stop returns the rows at work; their calls are in the range of the bill', async () => {
  const { gate, respond } = holding(3);
  await begin(10, { respond });
  const hard = new AbortController();
  const id = await world.start({ concurrency: 4 });
  const driving = world.runner.drive(id, { hardSignal: hard.signal });
  await until(() => gate.waiting() === 4, 'four calls in flight');
  hard.abort();
  const paused = await driving;
  expect(paused).toMatchObject({
    status: 'paused',
    pause_reason: 'interrupted',
    counts: { succeeded: 3, queued: 7, running: 0, failed: 0 },
  });
  expect(paused.cost_usd_at_most).toBeGreaterThan(paused.cost_usd ?? Number.NaN);
  gate.open();
  await world.runner.resume(id);
  expect((await world.runner.drive(id)).counts.succeeded).toBe(10);
});

test('a signal that fired before the drive pauses before any row', async () => {
  await begin(3);
  const id = await world.start();
  expect(await world.runner.drive(id, { signal: AbortSignal.abort() })).toMatchObject({ status: 'paused' });
  expect(world.sent).toEqual([]);
  await world.runner.resume(id);
  expect((await world.runner.drive(id)).status).toBe('completed');
});

test('a drain that releases leaves the batch running and unowned', async () => {
  const { gate, respond } = holding(1);
  await begin(6, { respond });
  const stop = new AbortController();
  const id = await world.start({ concurrency: 2 });
  const driving = world.runner.drive(id, { signal: stop.signal, onDrain: 'release' });
  await until(() => gate.waiting() === 2, 'two calls in flight');
  stop.abort();
  gate.open();
  expect(await driving).toMatchObject({ status: 'running', pause_reason: null, counts: { running: 0 } });
  expect(await world.runner.lapsed()).toEqual([id]);
  const other = await world.other();
  expect((await other.drive(id)).status).toBe('completed');
  expect(world.sent).toHaveLength(6);
});

test('the lease is free again after every ending', async () => {
  await begin(3, {
    respond: () => {
      throw new AppError('model_key_refused', 'No.');
    },
  });
  const id = await world.start();
  const other = await world.other();
  await world.runner.drive(id);
  await other.resume(id);
  // `batch_owned_elsewhere` would be thrown if the lease was still held: its owner lives.
  expect((await other.drive(id)).pause_reason).toBe('fatal');
  await world.runner.cancel(id);
  await mkdir(join(world.folder, 'out.csv'));
  expect((await other.drive(id)).status).toBe('paused');
  await rm(join(world.folder, 'out.csv'), { recursive: true });
  await world.runner.resume(id);
  expect((await world.runner.drive(id)).status).toBe('cancelled');
});

test('tools that fail to close keep neither the lease nor the result', async () => {
  await begin(2);
  const runner = await world.other({
    openAgent: async (...args) => ({
      ...(await world.deps.openAgent(...args)),
      close: () => Promise.reject(new Error('stuck')),
    }),
  });
  const id = await world.start({ sample: 1 });
  expect((await runner.drive(id)).status).toBe('paused');
  await world.runner.resume(id);
  expect((await world.runner.drive(id)).status).toBe('completed');
});

test('two drivers at once: one runs the batch, the other is told who does', async () => {
  const { gate, respond } = holding(0);
  await begin(4, { respond });
  const id = await world.start();
  const driving = world.runner.drive(id);
  await until(() => gate.waiting() === 1, 'the first call');
  const other = await world.other();
  await expect(other.drive(id)).rejects.toMatchObject({
    code: 'batch_owned_elsewhere',
    message: expect.stringContaining(`process ${process.pid}`),
  });
  gate.open();
  expect((await driving).status).toBe('completed');
  expect(world.sent).toHaveLength(4);
});

test('a lease that is taken over ends the drive: nothing more is sent or written', async () => {
  const { gate, respond } = holding(2);
  await begin(8, { respond });
  const id = await world.start({ concurrency: 3 });
  const driving = world.runner.drive(id);
  await until(() => gate.waiting() === 3, 'three calls in flight');
  // As if this process had been silent for 15 s: the lease is given away under it.
  const { DatabaseSync } = await import('node:sqlite');
  const db = new DatabaseSync(join(world.folder, 'rowmill.db'));
  db.exec('UPDATE batch_leases SET epoch = epoch + 1, owner = NULL');
  db.close();
  gate.open();
  await expect(driving).rejects.toMatchObject({ code: 'lease_lost' });
  const sent = world.sent.length;
  expect(sent).toBe(5);
  const other = await world.other();
  expect(await other.drive(id)).toMatchObject({ status: 'completed', counts: { succeeded: 8 } });
  // The three whose answers could not be written are sent again, and no other.
  expect(world.sent.length - sent).toBe(6);
});

test('a table is not put in place by an owner that lost its lease while writing it', async () => {
  await begin(3, {
    intercept: async (method) => {
      if (method !== 'readRows') return;
      const { DatabaseSync } = await import('node:sqlite');
      const db = new DatabaseSync(join(world.folder, 'rowmill.db'));
      db.exec('UPDATE batch_leases SET epoch = epoch + 1, owner = NULL');
      db.close();
    },
  });
  const id = await world.start();
  await expect(world.runner.drive(id)).rejects.toMatchObject({ code: 'lease_lost' });
  await expect(world.read('out.csv')).rejects.toThrow('ENOENT');
});

test('a store that fails under a row ends the drive and loses nothing', async () => {
  let isFull = false;
  await begin(6, {
    respond: (row, context) => {
      if (context.number === 4) isFull = true;
      return echo(row, context);
    },
    intercept: (method) => {
      if (isFull && method === 'finishRow') throw new AppError('store_unavailable', 'The disk is full.');
    },
  });
  const id = await world.start({ concurrency: 2 });
  await expect(world.runner.drive(id)).rejects.toMatchObject({ code: 'store_unavailable' });
  isFull = false;
  expect(await world.runner.drive(id)).toMatchObject({ status: 'completed', counts: { succeeded: 6, running: 0 } });
  // What was answered is in the journal: no row was paid twice.
  expect(world.sent).toHaveLength(6);
});

test('an interrupted two-turn row goes on behind its answered turn', async () => {
  let isOpen = false;
  const gate = createGate();
  let looked = 0;
  const tools = [
    {
      name: 'look',
      description: 'Looks.',
      inputSchema: { type: 'object' },
      idempotent: false,
      execute: async () => {
        looked += 1;
        return { seen: looked };
      },
    },
  ];
  await begin(4, {
    tools,
    respond: async (row, { request, signal }) => {
      if (!isSecondTurn(request)) return ask('look', { q: String(row['q']) });
      if (!isOpen) await gate.wait(signal);
      return say({ answer: `${row['q']}` });
    },
  });
  const hard = new AbortController();
  const id = await world.start({ concurrency: 4 });
  const driving = world.runner.drive(id, { hardSignal: hard.signal });
  await until(() => gate.waiting() === 4, 'all in their second turn');
  hard.abort();
  await driving;
  isOpen = true;
  await world.runner.resume(id);
  expect(await world.runner.drive(id)).toMatchObject({ counts: { succeeded: 4, failed: 0 }, tool_calls: 4 });
  expect(looked).toBe(4);
  expect(world.sent).toHaveLength(4 + 4 + 4);
});

test.each(['before', 'after'] as const)(
  'a signal ends the opening of tools that do not come up (%s loading)',
  async (when) => {
    await begin(3);
    const stop = new AbortController();
    let openings = 0;
    const runner = await world.other({
      openAgent: (_definition, _specs, signal) => {
        openings += 1;
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(new AppError('aborted', 'Opening was cancelled.')));
          stop.abort();
        });
      },
    });
    const id = await world.start(when === 'after' ? { sample: 1 } : {});
    if (when === 'after') {
      await world.runner.drive(id);
      await world.runner.resume(id);
    }
    expect(await runner.drive(id, { signal: stop.signal })).toMatchObject({
      status: 'paused',
      pause_reason: 'interrupted',
      error: null,
    });
    expect(openings).toBe(1);
  },
);
