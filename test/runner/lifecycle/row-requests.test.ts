import { afterEach, expect, test } from 'vitest';
import { AppError } from '../../../src/base/errors.ts';
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

const refused = () => {
  throw new AppError('refused', 'The model refused.');
};
const wordOf = (row: number) => words(row + 1)[row];
const sentRows = () => world.sent.map(({ q }) => words(50).indexOf(`${q}`));
const rowOf = async (id: string, row: number) => (await world.runner.trace(id, row)).row;
const requests = async (id: string) => (await world.store.readSettings(id))['row_requests'] ?? {};

/** Holds the rows of these numbers until the gate opens. */
function holding(held: number[], respond: NonNullable<WorldOptions['respond']> = echo) {
  const gate = createGate();
  const played: NonNullable<WorldOptions['respond']> = async (row, context) => {
    if (held.some((number) => row['q'] === wordOf(number))) await gate.wait(context.signal);
    return respond(row, context);
  };
  return { gate, respond: played };
}

test('a running row that is cancelled elsewhere ends while the others run on, and its call stays in the bill', async () => {
  const { gate, respond } = holding([1, 2, 3]);
  await begin(4, { respond });
  const id = await world.start({ concurrency: 4 });
  const driving = world.runner.drive(id);
  await until(() => gate.waiting() === 3, 'three calls in flight');
  const other = await world.other();
  await other.cancelRow(id, 2);
  await until(async () => (await rowOf(id, 2)).status === 'failed', 'row 2 has failed');
  expect((await world.runner.report(id)).counts).toMatchObject({ running: 2, failed: 1 });
  gate.open();
  const report = await driving;
  expect(report).toMatchObject({
    status: 'completed',
    counts: { succeeded: 3, failed: 1, running: 0, queued: 0 },
    failures: [{ code: 'row_cancelled', count: 1, example: { row: 2 } }],
  });
  expect(report.cost_usd).toBeCloseTo(3 * CALL_USD, 12);
  expect(report.cost_usd_at_most).toBeGreaterThan(report.cost_usd ?? 0);
  expect(world.sent).toHaveLength(4);
  expect(await requests(id)).toEqual({});
});

test('a row that waits for its turn is cancelled without a call', async () => {
  const { gate, respond } = holding([1, 2]);
  await begin(8, { respond });
  const id = await world.start({ concurrency: 2 });
  const driving = world.runner.drive(id);
  await until(() => gate.waiting() === 2, 'rows 1 and 2 in flight');
  // Row 3 is claimed in advance, row 7 is queued.
  const states = [await rowOf(id, 3), await rowOf(id, 7)].map(({ status }) => status);
  expect(states).toEqual(['running', 'queued']);
  await world.runner.cancelRow(id, 3);
  await world.runner.cancelRow(id, 7);
  await until(async () => (await rowOf(id, 7)).status === 'failed', 'row 7 has failed');
  await world.heartbeat();
  gate.open();
  expect(await driving).toMatchObject({ status: 'completed', counts: { succeeded: 6, failed: 2 } });
  expect(sentRows().toSorted((a, b) => a - b)).toEqual([0, 1, 2, 4, 5, 6]);
  expect(await rowOf(id, 7)).toMatchObject({ attempt: 1, error: { code: 'row_cancelled' } });
});

test('a failed row is queued again while the last row still runs, with a new attempt', async () => {
  const { gate, respond } = holding([2], (row, context) =>
    row['q'] === wordOf(1) && context.number < 4 ? refused() : echo(row, context),
  );
  await begin(3, { respond });
  const id = await world.start({ concurrency: 2 });
  const driving = world.runner.drive(id);
  await until(() => gate.waiting() === 1, 'row 2 in flight');
  await until(async () => (await rowOf(id, 1)).status === 'failed', 'row 1 has failed');
  const other = await world.other();
  expect(await other.planRetry(id, { row: 1 })).toMatchObject({ rows: 1 });
  await other.retry(id, { row: 1 });
  await until(async () => (await rowOf(id, 1)).status === 'succeeded', 'row 1 has succeeded');
  expect(gate.waiting()).toBe(1);
  gate.open();
  expect(await driving).toMatchObject({ status: 'completed', counts: { succeeded: 3, failed: 0 } });
  const { attempts } = await world.runner.trace(id, 1);
  expect(attempts.map(({ status }) => status)).toEqual(['failed', 'succeeded']);
  expect(sentRows()).toEqual([0, 1, 2, 1]);
});

test('a request that comes when the last row has ended is carried out before the table is written', async () => {
  let asked = false;
  await begin(2, {
    respond: (row, context) => (row['q'] === wordOf(1) && context.number < 3 ? refused() : echo(row, context)),
    intercept: async (method, [id, change]) => {
      if (method !== 'updateBatch' || asked || (change as { status?: string }).status !== 'aggregating') return;
      asked = true;
      await world.runner.retry(`${id}`, { row: 1 });
    },
  });
  const id = await world.start({ concurrency: 1 });
  expect(await world.runner.drive(id)).toMatchObject({ status: 'completed', counts: { succeeded: 2, failed: 0 } });
  expect(await world.read('out.csv')).toContain(`${wordOf(1)}!`);
});

test('rows of a paused batch are cancelled and queued again at once, and run after the resume', async () => {
  await begin(4, { respond: (row, context) => (context.number === 1 ? refused() : echo(row, context)) });
  const id = await world.start({ sample: 1 });
  await world.runner.drive(id);
  expect((await world.runner.cancelRow(id, 3)).counts).toMatchObject({ queued: 2, failed: 2 });
  expect((await world.runner.retry(id, { row: 0 })).counts).toMatchObject({ queued: 3, failed: 1 });
  expect(await requests(id)).toEqual({});
  await world.runner.resume(id);
  expect(await world.runner.drive(id)).toMatchObject({ status: 'completed', counts: { succeeded: 3, failed: 1 } });
  expect(sentRows()).toEqual([0, 0, 1, 2]);
});

test('requests that a dead process left are carried out before any row runs, for their own attempt only', async () => {
  await begin(3, { respond: (row, context) => (context.number === 1 ? refused() : echo(row, context)) });
  const id = await world.start({ sample: 1 });
  await world.runner.drive(id);
  await world.runner.resume(id);
  const left = {
    a: { row: 0, attempt: 1, act: 'requeue' },
    b: { row: 0, attempt: 1, act: 'requeue' },
    c: { row: 0, attempt: 1, act: 'cancel' },
    d: { row: 2, attempt: 1, act: 'cancel' },
    e: { row: 1, attempt: 2, act: 'cancel' },
  };
  await world.store.updateBatch(id, { settings: { row_requests: left } }, {});
  expect(await world.runner.drive(id)).toMatchObject({ counts: { succeeded: 2, failed: 1 } });
  expect(sentRows()).toEqual([0, 0, 1]);
  expect(await rowOf(id, 0)).toMatchObject({ attempt: 2, status: 'succeeded' });
  expect(await requests(id)).toEqual({});
});

test('a retry of one row of an ended batch runs that row alone', async () => {
  await begin(3, { respond: (row, context) => (context.number < 4 ? refused() : echo(row, context)) });
  const id = await world.start({ concurrency: 1 });
  await world.runner.drive(id);
  expect(await world.runner.planRetry(id, { row: 1 })).toMatchObject({ rows: 1 });
  await world.runner.retry(id, { row: 1 });
  expect(await world.runner.drive(id)).toMatchObject({ counts: { succeeded: 1, failed: 2 }, failures: [{ count: 2 }] });
  expect(sentRows()).toEqual([0, 1, 2, 1]);
});

test('requests that can not be carried out are refused with the reason', async () => {
  await begin(3, { respond: (row, context) => (context.number === 1 ? refused() : echo(row, context)) });
  const id = await world.start({ sample: 2 });
  await expect(world.runner.cancelRow(id, 0)).rejects.toThrow('is created');
  await world.runner.drive(id);
  await expect(world.runner.cancelRow(id, 1)).rejects.toThrow(`Row 1 of ${id} has succeeded already`);
  await expect(world.runner.cancelRow(id, 9)).rejects.toMatchObject({ code: 'not_found' });
  await expect(world.runner.retry(id, { row: 1 })).rejects.toThrow('Only a failed row');
  await expect(world.runner.retry(id, { row: 0, concurrency: 2 })).rejects.toThrow('leave out concurrency');
  await world.runner.cancel(id);
  await world.runner.drive(id);
  await expect(world.runner.cancelRow(id, 2)).rejects.toThrow('is cancelled');
  await expect(world.runner.retry(id, { row: 0, codes: ['refused'] })).rejects.toThrow('either row or codes');
  await expect(world.runner.retry(id, { row: 0 })).rejects.toThrow('1 row that were not run');
});
