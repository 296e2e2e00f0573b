import { afterEach, expect, it } from 'vitest';
import { AppError } from '../../../src/base/errors.ts';
import type { BatchOptions } from '../../../src/runner/contract/request/options.ts';
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

const DAY_MS = 86_400_000;

let world: World;
afterEach(() => world.close());

async function open(options: WorldOptions & { rows?: number } = {}): Promise<World> {
  world = await startWorld(options);
  await world.write('table.csv', table(words(options.rows ?? 4)));
  return world;
}

/** Fails row w1. */
const failsOne: WorldOptions['respond'] = (row, context) => {
  if (row['q'] === 'w1') throw new AppError('model_request_invalid', 'not this one');
  return echo(row, context);
};

const ended = async (options: BatchOptions) => {
  const id = await world.start({ ...options, overwrite: true });
  await world.runner.drive(id);
  return id;
};

/** For each row: whether each of its calls is pruned. */
async function pruned(id: string, rows = 4): Promise<boolean[][]> {
  const traces = await Promise.all(Array.from({ length: rows }, (_, row) => world.runner.trace(id, row)));
  return traces.map(({ attempts }) =>
    attempts.flatMap(({ entries }) => entries.map((entry) => entry.isPruned === true)),
  );
}

it('keeps every body by default', async () => {
  await open({ respond: failsOne });
  expect(await pruned(await ended({}))).toEqual([[false], [false], [false], [false]]);
});

it('prunes the bodies of succeeded rows with "failures", and of all rows with "none", never the bill', async () => {
  await open({ respond: failsOne });
  const all = await world.runner.report(await ended({}));
  const failures = await ended({ trace: 'failures' });
  const none = await ended({ trace: 'none' });
  expect(await pruned(failures)).toEqual([[true], [false], [true], [true]]);
  expect(await pruned(none)).toEqual([[true], [true], [true], [true]]);
  const { cost_usd, usage, model_calls, counts } = all;
  expect(await world.runner.report(none)).toMatchObject({ cost_usd, usage, model_calls, counts });
  const [entry] = (await world.runner.trace(none, 0)).attempts[0]?.entries ?? [];
  expect(entry).toMatchObject({ request: null, answer: { response: null, usage: { inputTokens: 100 } } });
  expect(entry?.answer?.costMicroUsd).toBeGreaterThan(0);
});

it('prunes what is left when the days are over', async () => {
  let days = 0;
  const clock = { now: () => Date.now() + days * DAY_MS };
  await open({ respond: failsOne });
  const runner = await world.other({ clock: { ...world.deps.clock, ...clock } });
  const id = await ended({ trace: 'failures', trace_days: 3 });
  await runner.keepHouse();
  expect(await pruned(id)).toEqual([[true], [false], [true], [true]]);
  days = 2.9;
  await runner.keepHouse();
  expect(await pruned(id)).toEqual([[true], [false], [true], [true]]);
  days = 3.1;
  await runner.keepHouse();
  expect(await pruned(id)).toEqual([[true], [true], [true], [true]]);
  expect(await world.store.listPrunableBatches(Number.MAX_SAFE_INTEGER)).toEqual([]);
});

it('keeps what the rows of a cancelled batch go on from', async () => {
  const gate = createGate();
  const tool = {
    name: 'look_up',
    description: 'Looks up.',
    inputSchema: { type: 'object' },
    idempotent: false,
    execute: async () => ({ content: 'found', isError: false }),
  };
  await open({
    rows: 2,
    tools: [tool],
    respond: async (row, { request, signal }) => {
      if (!isSecondTurn(request)) return ask('look_up', row);
      if (row['q'] === 'w1') await gate.wait(signal);
      return say({ answer: 'done' });
    },
  });
  const id = await world.start({ trace: 'none', concurrency: 2 });
  const hard = new AbortController();
  const driving = world.runner.drive(id, { hardSignal: hard.signal });
  await until(async () => gate.waiting() === 1 && (await world.runner.report(id)).counts.succeeded === 1, 'one waits');
  hard.abort();
  await driving;
  await world.runner.cancel(id);
  expect(await world.runner.drive(id)).toMatchObject({ status: 'cancelled', counts: { succeeded: 1, queued: 1 } });
  const [first, second] = await pruned(id, 2);
  expect(first?.every(Boolean)).toBe(true);
  expect(second?.some(Boolean)).toBe(false);
  gate.open();
  await world.runner.retry(id, {});
  expect(await world.runner.drive(id)).toMatchObject({ status: 'completed', counts: { succeeded: 2 }, tool_calls: 2 });
  expect((await pruned(id, 2)).flat().every(Boolean)).toBe(true);
});

it('goes on with a pruning that was cut off', async () => {
  let fault = true;
  await open({
    rows: 450,
    intercept: (method, [, runs]) => {
      if (method !== 'pruneRuns' || !fault || !(runs as string[])[0]?.includes('/200/')) return;
      fault = false;
      throw new AppError('store_unavailable', 'the disk is full');
    },
  });
  const id = await ended({ trace: 'none', concurrency: 50 });
  expect(await world.runner.report(id)).toMatchObject({ status: 'completed' });
  const first = await pruned(id, 450);
  expect(first.filter(([is]) => is)).toHaveLength(200);
  await world.runner.keepHouse();
  expect((await pruned(id, 450)).flat().every(Boolean)).toBe(true);
});

it('removes a batch that has ended, and nothing of another', async () => {
  await open();
  const [gone, kept] = [await ended({}), await ended({})];
  await world.runner.remove(gone);
  expect((await world.runner.list({ limit: 9 })).map((report) => report.batch_id)).toEqual([kept]);
  await expect(world.runner.report(gone)).rejects.toMatchObject({ code: 'batch_not_found' });
  await expect(world.runner.remove(gone)).rejects.toMatchObject({ code: 'batch_not_found' });
  expect(await world.store.readJournalByPrefix(`${gone}/`)).toEqual([]);
  expect(await pruned(kept)).toEqual([[false], [false], [false], [false]]);
  expect(await world.read('out.csv')).toContain('w3,w3!,SUCCESS');
});

it('removes a paused batch only by force, and none that is at work', async () => {
  const gate = createGate();
  await open({
    respond: async (row, context) => {
      await gate.wait(context.signal);
      return echo(row, context);
    },
  });
  const id = await world.start({ overwrite: true });
  await expect(world.runner.remove(id)).rejects.toMatchObject({ code: 'batch_state_invalid' });
  const hard = new AbortController();
  const driving = world.runner.drive(id, { hardSignal: hard.signal });
  await until(() => gate.waiting() === 1, 'it is at work');
  await expect(world.runner.remove(id, { force: true })).rejects.toMatchObject({
    code: 'batch_state_invalid',
    message: expect.stringMatching(/is running; cancel it first/),
  });
  hard.abort();
  expect(await driving).toMatchObject({ status: 'paused' });
  await expect(world.runner.remove(id)).rejects.toMatchObject({ message: expect.stringMatching(/--force/) });
  await world.runner.remove(id, { force: true });
  expect(await world.runner.list({ limit: 9 })).toEqual([]);
});

it('sweeps what a removal that was cut off has left', async () => {
  let fault = true;
  await open({
    intercept: (method) => {
      if (method === 'sweepRemoved' && fault) throw new AppError('store_unavailable', 'the process has ended');
    },
  });
  const id = await ended({});
  await expect(world.runner.remove(id)).rejects.toMatchObject({ code: 'store_unavailable' });
  expect(await world.runner.list({ limit: 9 })).toEqual([]);
  expect(await world.store.readJournalByPrefix(`${id}/`)).not.toEqual([]);
  fault = false;
  await world.runner.keepHouse();
  expect(await world.store.readJournalByPrefix(`${id}/`)).toEqual([]);
});

it('finishes a retry that was cut off before any row runs', async () => {
  let fault = true;
  let refuses = true;
  await open({
    respond: (row, context) => {
      if (refuses) throw new AppError('model_request_invalid', 'not yet');
      return echo(row, context);
    },
    intercept: (method) => {
      if (method === 'redriveRows' && fault) throw new AppError('store_unavailable', 'the process has ended');
    },
  });
  const id = await ended({});
  refuses = false;
  await expect(world.runner.retry(id, {})).rejects.toMatchObject({ code: 'store_unavailable' });
  expect(await world.runner.report(id)).toMatchObject({ status: 'running', counts: { failed: 4 } });
  expect(await world.runner.lapsed()).toEqual([id]);
  fault = false;
  expect(await world.runner.drive(id)).toMatchObject({ status: 'completed', counts: { succeeded: 4 } });
  expect((await world.store.readBatch(id))?.settings).toEqual({ alike_agreed: ['model_request_invalid'] });
});

it('prunes nothing of a batch that was redriven before its lease was taken', async () => {
  let onLease: (() => Promise<void>) | undefined;
  await open({
    respond: failsOne,
    intercept: async (method) => {
      if (method !== 'acquireLease') return;
      const redrive = onLease;
      onLease = undefined;
      await redrive?.();
    },
  });
  const id = await ended({ trace_days: 1 });
  const other = await world.other();
  const later = { now: () => Date.now() + 2 * DAY_MS };
  const keeper = await world.other({ clock: { ...world.deps.clock, ...later } });
  onLease = async () => void (await other.retry(id, {}));
  await keeper.keepHouse();
  expect(onLease).toBeUndefined();
  expect((await world.runner.report(id)).status).toBe('running');
  expect((await pruned(id)).flat()).not.toContain(true);
});
