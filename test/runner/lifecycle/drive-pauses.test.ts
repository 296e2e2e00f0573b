import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { AppError } from '../../../src/base/errors.ts';
import { CALL_USD, echo, say, startWorld, table, type World, type WorldOptions, words } from '../world.ts';

let world: World;
afterEach(() => world.close());

async function begin(options: WorldOptions & { rows?: number; csv?: string } = {}): Promise<World> {
  world = await startWorld(options);
  await world.write('table.csv', options.csv ?? table(words(options.rows ?? 10)));
  return world;
}

/** The lines of the output table without header and processing times. */
async function outputLines(name = 'out.csv'): Promise<string[]> {
  const [, ...lines] = (await world.read(name)).trimEnd().split('\n');
  return lines.map((line) => line.replace(/,[0-9.]*(?=,[^,]*$)/, ''));
}

test.each([
  ['model_key_refused', {}],
  ['model_spend_limit', {}],
  ['model_unknown', {}],
  ['model_unreachable', {}],
] as const)('pauses after one call when every row would meet %s, and resumes', async (code, options) => {
  let isMended = false;
  await begin({
    rows: 9,
    respond: (row, context) => {
      if (!isMended) throw new AppError(code, 'Mend it.', options);
      return echo(row, context);
    },
  });
  const id = await world.start();
  const paused = await world.runner.drive(id);
  expect(paused).toMatchObject({
    status: 'paused',
    pause_reason: 'fatal',
    error: { code, message: 'Mend it.' },
    counts: { queued: 9, running: 0, failed: 0 },
  });
  expect(world.sent).toHaveLength(1);
  isMended = true;
  await world.runner.resume(id);
  expect(await world.runner.drive(id)).toMatchObject({ status: 'completed', error: null, counts: { succeeded: 9 } });
  expect(world.sent).toHaveLength(10);
});

test('a fatal error in the middle keeps what was answered and queues the rest', async () => {
  let isMended = false;
  await begin({
    rows: 40,
    respond: (row, context) => {
      if (!isMended && context.number > 15) throw new AppError('model_spend_limit', 'Spent.');
      return echo(row, context);
    },
  });
  const id = await world.start({ concurrency: 4 });
  const paused = await world.runner.drive(id);
  expect(paused).toMatchObject({
    status: 'paused',
    pause_reason: 'fatal',
    counts: { succeeded: 15, queued: 25, failed: 0 },
  });
  expect(world.sent.length).toBeLessThanOrEqual(15 + 4);
  isMended = true;
  await world.runner.resume(id);
  expect((await world.runner.drive(id)).counts).toMatchObject({ succeeded: 40, failed: 0 });
});

test('pauses at the cap, never spends more, and goes on with a higher one', async () => {
  await begin({ rows: 30 });
  const id = await world.start({ max_cost_usd: 20 * CALL_USD, concurrency: 8 });
  const paused = await world.runner.drive(id);
  expect(paused).toMatchObject({ status: 'paused', pause_reason: 'budget', error: { code: 'budget_reached' } });
  expect(paused.cost_usd).toBeLessThanOrEqual(20 * CALL_USD);
  expect(paused.counts).toMatchObject({ failed: 0, running: 0 });
  expect(paused.counts.queued).toBeGreaterThan(0);
  await expect(world.runner.resume(id, { max_cost_usd: 0.000001 })).rejects.toMatchObject({ code: 'budget_reached' });
  await world.runner.resume(id, { max_cost_usd: 1 });
  const done = await world.runner.drive(id);
  expect(done).toMatchObject({ status: 'completed', counts: { succeeded: 30 } });
  expect(world.sent).toHaveLength(30);
});

test('a sample pauses, and the resumed batch runs the rest once', async () => {
  await begin({ rows: 25 });
  const id = await world.start({ sample: 4, concurrency: 10 });
  expect(await world.runner.drive(id)).toMatchObject({
    status: 'paused',
    pause_reason: 'sample',
    counts: { succeeded: 4, queued: 21 },
  });
  expect(world.sent.map((row) => row['q'])).toEqual(words(4));
  await world.runner.resume(id);
  expect((await world.runner.drive(id)).status).toBe('completed');
  expect(world.sent.map((row) => row['q']).toSorted()).toEqual(words(25).toSorted());
});

test('a random sample runs rows of the whole table, which stay in their places, and the resumed batch the others', async () => {
  await begin({ rows: 60 });
  const id = await world.start({ sample: 4, random: true, concurrency: 10 });
  expect(await world.runner.drive(id)).toMatchObject({
    status: 'paused',
    pause_reason: 'sample',
    counts: { succeeded: 4, queued: 56 },
  });
  const { rows } = await world.runner.rows(id, { status: 'succeeded', limit: 9 });
  expect(world.sent.map((row) => row['q'])).toEqual(rows.map(({ source }) => source['q']));
  expect(rows.at(-1)?.row).toBeGreaterThan(10);
  await world.runner.resume(id);
  expect((await world.runner.drive(id)).status).toBe('completed');
  expect(world.sent.map((row) => row['q']).toSorted()).toEqual(words(60).toSorted());
  expect((await outputLines()).map((line) => line.split(',')[0])).toEqual(words(60));
});

test('a sample as large as the table completes', async () => {
  await begin({ rows: 3 });
  expect((await world.runner.drive(await world.start({ sample: 3 }))).status).toBe('completed');
});

test('more failures than tolerated end the batch as failed, with its table', async () => {
  await begin({
    rows: 40,
    respond: (row) => say(Number(`${row['q']}`.slice(1)) % 2 ? { answer: 'odd' } : { wrong: 1 }),
  });
  const report = await world.runner.drive(await world.start({ tolerated_failure_percent: 10, concurrency: 1 }));
  expect(report).toMatchObject({ status: 'failed', counts: { failed: 5, running: 0 } });
  expect(report.error?.message).toContain('5 of 40');
  const lines = await outputLines();
  expect(lines).toHaveLength(40);
  expect(lines.at(-1)).toBe('w39,,NOT_RUN,');
});

test('malformed rows alone can be more than tolerated, before any money is spent', async () => {
  await begin({ csv: 'q,r\na,1\nb,2,3\nc,3\n' });
  const report = await world.runner.drive(await world.start({ tolerated_failure_percent: 0 }));
  expect(report).toMatchObject({ status: 'failed', counts: { failed: 1, queued: 2 } });
  expect(world.sent).toEqual([]);
});

test.each([25, 60])(
  '%i first rows that fail alike pause once; a resume reaches the rest and pays for no row again',
  async (bad) => {
    const isBad = (row: { q?: unknown }) => Number(String(row.q).slice(1)) < bad;
    await begin({ rows: bad + 15, respond: (row, context) => (isBad(row) ? say({ wrong: 1 }) : echo(row, context)) });
    const id = await world.start({ concurrency: 5 });
    const paused = await world.runner.drive(id);
    expect(paused).toMatchObject({ status: 'paused', pause_reason: 'fatal', error: { code: 'output_invalid' } });
    expect(paused.counts.failed).toBeGreaterThanOrEqual(20);
    expect(paused.counts.failed + paused.counts.queued).toBe(bad + 15);
    expect(paused.error?.message).toMatch(
      /first 20 rows that were paid for all failed with output_invalid.*row \d+ \(line/s,
    );
    await world.runner.resume(id);
    expect(await world.runner.drive(id)).toMatchObject({ status: 'completed', counts: { succeeded: 15, failed: bad } });
    const times = [...Map.groupBy(world.sent, ({ q }) => q).values()].map((sends) => sends.length);
    expect(times).toHaveLength(bad + 15);
    // As often as a row of a batch that never pauses.
    expect(Math.max(...times)).toBe(times[0]);
    // A retry is a person's wish as well: it runs the failed rows to the end.
    await world.runner.retry(id, {});
    expect(await world.runner.drive(id)).toMatchObject({ status: 'completed', counts: { succeeded: 15, failed: bad } });
  },
);

test.each([20, 25])('%i rows that all fail alike end the batch where nothing is left to send', async (rows) => {
  await begin({ rows, respond: () => say({ wrong: 1 }) });
  const report = await world.runner.drive(await world.start({ concurrency: 25 }));
  expect(report).toMatchObject({ status: 'completed', counts: { failed: rows, queued: 0 } });
  // A retry is a person's wish: it runs to the end as well.
  await world.runner.retry(report.batch_id, { concurrency: 3 });
  expect(await world.runner.drive(report.batch_id)).toMatchObject({ status: 'completed', counts: { failed: rows } });
});

test('failures that cost nothing never pause', async () => {
  await begin({
    rows: 60,
    agent: { input: { type: 'object', properties: { q: { type: 'integer' } }, required: ['q'] } },
    csv: table([...Array.from({ length: 30 }, () => 'x'), ...Array.from({ length: 30 }, (_, row) => `${row}`)]),
    respond: (row, context) => {
      if (Number(row['q']) < 25) throw new AppError('model_request_invalid', 'No.');
      return echo(row, context);
    },
  });
  const report = await world.runner.drive(await world.start({ concurrency: 3 }));
  expect(report).toMatchObject({ status: 'completed', counts: { succeeded: 5, failed: 55 } });
});

test('twenty first failures of different kinds do not pause', async () => {
  await begin({
    rows: 25,
    respond: (row) => {
      if (row['q'] === 'w7') throw new AppError('context_too_long', 'Too long.');
      return say({ wrong: 1 });
    },
  });
  expect((await world.runner.drive(await world.start())).status).toBe('completed');
});

test('a fault of the output pauses, and the resumed batch writes the table without a call', async () => {
  await begin({
    rows: 5,
    respond: async (row, context) => {
      // The place was free when the rows were loaded.
      await mkdir(join(world.folder, 'out.csv'), { recursive: true });
      return echo(row, context);
    },
  });
  const id = await world.start();
  const paused = await world.runner.drive(id);
  expect(paused).toMatchObject({ status: 'paused', pause_reason: 'fatal', counts: { succeeded: 5 } });
  expect(paused.error?.message).toContain('out.csv');
  await rm(join(world.folder, 'out.csv'), { recursive: true });
  await world.runner.resume(id);
  expect((await world.runner.drive(id)).status).toBe('completed');
  expect(await outputLines()).toHaveLength(5);
  expect(world.sent).toHaveLength(5);
});
