import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { AppError } from '../../../src/base/errors.ts';
import { createPriceTable } from '../../../src/providers/prices/prices.ts';
import type { RowForecast } from '../../../src/runner/forecast/forecast.ts';
import { estimateBatch } from '../../../src/runner/intake/money/estimate.ts';
import { startWorld, table, testAgent, type World, type WorldOptions, words } from '../world.ts';

let world: World;
afterEach(() => world.close());

async function begin(options: WorldOptions & { csv?: string } = {}): Promise<World> {
  world = await startWorld(options);
  await world.write('table.csv', options.csv ?? table(words(5)));
  return world;
}

test('finds the mapping, the columns, the rows and what it may cost', async () => {
  await begin();
  const plan = await world.runner.plan(world.request());
  expect(plan).toMatchObject({
    problems: [],
    input_mapping: { q: 'q' },
    columns: ['q'],
    row_count: 5,
    output_columns: ['answer', '_status', '_processing_time', '_error'],
    estimate: { rows: 5, cost_usd: { expected: expect.any(Number) } },
  });
  expect(world.sent).toEqual([]);
});

test('an empty mapping means identity', async () => {
  await begin({ csv: 'q,note\na,b\n' });
  const mapped = async (input: object) => {
    await world.close();
    await begin({ csv: 'q,note\na,b\n', agent: { input } });
    const plan = await world.runner.plan({ ...world.request(), input_mapping: {} });
    return [plan.input_mapping, plan.problems.map(({ code }) => code)];
  };
  const q = { q: { type: 'string' } };
  expect(await mapped({ type: 'object', properties: q })).toEqual([{ q: 'q' }, []]);
  const open = { type: 'object', properties: q, additionalProperties: true };
  expect(await mapped(open)).toEqual([{ q: { column: 'q' }, note: { column: 'note' } }, []]);
  expect(await mapped({ type: 'object' })).toEqual([{ q: { column: 'q' }, note: { column: 'note' } }, []]);
  const missing = { type: 'object', properties: { other: { type: 'string' } }, required: ['other'] };
  expect(await mapped(missing)).toEqual([{}, ['mapping_invalid']]);
});

test('two batches that have not ended can not aim at one table', async () => {
  await begin();
  const request = world.request({}, { output_uri: join(world.folder, 'out.csv') });
  const { report } = await world.runner.create(request);
  await expect(world.runner.create(request)).rejects.toMatchObject({
    code: 'output_exists',
    message: expect.stringContaining(`${report.batch_id} has not ended`),
  });
  await world.runner.cancel(report.batch_id);
  await world.runner.drive(report.batch_id);
  await world.runner.create({ ...request, options: { overwrite: true } });
});

test('shows what a sample costs, and refuses a random choice without one', async () => {
  await begin();
  const plan = await world.runner.plan(world.request({ sample: 2, random: true }));
  expect(plan.sample).toEqual({ rows: 2, cost_usd: expect.any(Number) });
  expect(plan.spending_usd).toBeGreaterThan(plan.sample?.cost_usd ?? Number.POSITIVE_INFINITY);
  expect(plan.sample?.cost_usd).toBeLessThan(plan.estimate?.cost_usd?.expected ?? 0);
  expect((await world.runner.plan(world.request({ random: true }))).problems).toMatchObject([
    { code: 'invalid_arguments', message: expect.stringContaining('give options.sample too') },
  ]);
});

test('names every reason at once', async () => {
  await begin({ agent: { structured_output: { enabled: false } } });
  const plan = await world.runner.plan({
    csv_uri: join(world.folder, 'table.csv'),
    target: { type: 'agent', name: 'tester' },
    output_uri: join(world.folder, 'table.csv'),
    input_mapping: { q: 'Q1' },
    output_mapping: { columns: { a: 'plain' } },
    options: {
      concurrency: 0,
      sample: 1.5,
      max_cost_usd: -1,
      tolerated_failure_percent: 101,
      idempotency_key: '',
    },
  });
  expect(plan.problems.map((problem) => problem.code).toSorted()).toEqual(
    [
      ...Array(5).fill('invalid_arguments'),
      'agent_not_structured',
      'column_unknown',
      'expression_invalid',
      'output_is_source',
    ].toSorted(),
  );
});

test('an unknown agent and a missing file are told together, and nothing is stored', async () => {
  await begin();
  const request = world.request(undefined, {
    target: { type: 'agent', name: 'nobody' },
    csv_uri: join(world.folder, 'missing.csv'),
  });
  const plan = await world.runner.plan(request);
  expect(plan.problems.map((problem) => problem.code)).toEqual(['agent_not_found', 'file_not_found']);
  await expect(world.runner.create(request)).rejects.toMatchObject({
    code: 'agent_not_found',
    message: expect.stringMatching(/nobody.*\n.*missing\.csv/),
  });
  expect(await world.runner.list({ limit: 10 })).toEqual([]);
});

test('a header without rows has nothing to run, unless an empty table is wanted', async () => {
  await begin({ csv: 'q\n' });
  expect((await world.runner.plan(world.request())).problems).toMatchObject([{ code: 'no_rows' }]);
  const id = await world.start({ allow_empty: true });
  const report = await world.runner.drive(id);
  expect(report).toMatchObject({ status: 'completed', error: null, counts: { total: 0, failed: 0 }, cost_usd: 0 });
  expect(await readFile(report.output_uri ?? '', 'utf8')).toBe('q,answer,_status,_processing_time,_error\n');
  expect(world.sent).toEqual([]);
});

test('a cap on a model of unknown price is refused, and its cost is unknown', async () => {
  await begin({ agent: { model: { provider: 'anthropic', model: 'claude-unheard-of' } } });
  const plan = await world.runner.plan(world.request({ max_cost_usd: 5 }));
  expect(plan.problems).toMatchObject([{ code: 'budget_unpriced' }]);
  expect(plan.estimate?.cost_usd).toBeNull();
  expect((await world.runner.plan(world.request())).problems).toEqual([]);
});

test('an agent whose output is not an object may not run', async () => {
  await begin({ agent: { structured_output: { enabled: true, schema: { type: 'array' } } } });
  expect((await world.runner.plan(world.request())).problems).toMatchObject([
    { code: 'agent_not_structured', message: expect.stringContaining('tester@v1') },
  ]);
});

test('a table that changed after its validation ends the batch before a call', async () => {
  await begin();
  const id = await world.start();
  await world.write('table.csv', 'other\nx\n');
  expect(await world.runner.drive(id)).toMatchObject({ status: 'failed', error: { code: 'column_unknown' } });
  const gone = await world.start(undefined, { input_mapping: { q: 'other' } });
  await world.write('table.csv', '');
  expect(await world.runner.drive(gone)).toMatchObject({ status: 'failed', error: { code: 'file_empty' } });
  expect(world.sent).toEqual([]);
});

test('one idempotency key starts once, also from two processes at the same time', async () => {
  await begin();
  const other = await world.other();
  const request = world.request({ idempotency_key: 'k' });
  const both = await Promise.all([world.runner.create(request), other.create(request)]);
  expect(both.map((one) => one.started).toSorted()).toEqual([false, true]);
  expect(both[0]?.report.batch_id).toBe(both[1]?.report.batch_id);
  expect((await world.runner.create(request)).started).toBe(false);
  await expect(world.runner.create(world.request({ idempotency_key: 'k', concurrency: 2 }))).rejects.toMatchObject({
    code: 'invalid_arguments',
    message: expect.stringContaining('"k"'),
  });
  expect(await world.runner.list({ limit: 10 })).toHaveLength(1);
});

test('a key still stands for its start after the batch was resumed with other options', async () => {
  await begin();
  const request = world.request({ idempotency_key: 'k', max_cost_usd: 0.00001 });
  const { report } = await world.runner.create(request);
  expect((await world.runner.drive(report.batch_id)).pause_reason).toBe('budget');
  await world.runner.resume(report.batch_id, { max_cost_usd: 1, concurrency: 2 });
  expect(await world.runner.create(request)).toMatchObject({ started: false, report: { batch_id: report.batch_id } });
});

const same = (tokens: number) => ({ low: tokens, expected: tokens, high: tokens });

test('an estimate is the range of the tokens of a row, times the rows, and says what it rests on', () => {
  const forecast: RowForecast = {
    turns: 1,
    first: { input: { low: 800, expected: 1000, high: 1500 }, output: { low: 20, expected: 40, high: 60 } },
    from: 'from the requests',
  };
  const basis = { agent: testAgent(), rows: 1000, rowsExact: true, forecast, rowsLookedAt: 200, concurrency: 10 };
  const estimate = estimateBatch(basis, createPriceTable());
  expect(estimate).toMatchObject({
    cost_usd: { low: 0.09, expected: 0.12, high: 0.18 },
    tokens: { input: 1_000_000, output: 40_000 },
    duration_seconds: 300,
    basis: expect.stringContaining(
      '1,000 rows, 1 model call a row, about 1000 tokens in and 40 out a row (from the requests; 200 rows looked at)',
    ),
  });
});

test('an estimate says at most threefold between its ends', () => {
  const wide = { low: 1, expected: 1000, high: 1_000_000 };
  const forecast = { turns: 1, first: { input: wide, output: same(0) }, from: '' };
  const basis = { agent: testAgent(), rows: 1000, rowsExact: true, forecast, rowsLookedAt: 200, concurrency: 10 };
  const { low = 0, high = 0 } = estimateBatch(basis, createPriceTable()).cost_usd ?? {};
  expect(high / low).toBeGreaterThan(2.9);
  expect(high / low).toBeLessThanOrEqual(3);
});

test('an estimate of a table that was not counted is unknown, not zero', () => {
  const forecast = { turns: 1, first: { input: same(100), output: same(10) }, from: '' };
  const basis = { agent: testAgent(), rows: null, rowsExact: false, forecast, rowsLookedAt: 3, concurrency: 10 };
  expect(estimateBatch(basis, createPriceTable())).toMatchObject({
    rows: null,
    cost_usd: null,
    tokens: null,
    duration_seconds: null,
  });
});

test('a start is counted at the high end of its estimate', async () => {
  await begin();
  const { spending_usd: spending, estimate } = await world.runner.plan(world.request());
  expect(spending).toBe(estimate?.cost_usd?.high);
  expect(spending).toBeGreaterThan(estimate?.cost_usd?.expected ?? Number.POSITIVE_INFINITY);
});

test('an output that is there already is refused, also in a dry run', async () => {
  await begin();
  await world.write('out.csv', 'mine\n');
  const request = world.request();
  expect((await world.runner.plan(request)).problems).toMatchObject([
    { code: 'output_exists', message: expect.stringMatching(/out\.csv" exists already\. .*--overwrite/) },
  ]);
  await expect(world.runner.create(request)).rejects.toMatchObject({ code: 'output_exists' });
  expect(await world.read('out.csv')).toBe('mine\n');
  const id = await world.start({ overwrite: true });
  await world.runner.drive(id);
  expect(await world.read('out.csv')).toContain('w0!');
});

test('a table of its own is written again: by a repeated start, a retry and an export', async () => {
  await begin();
  const request = world.request({ idempotency_key: 'k' });
  const { report } = await world.runner.create(request);
  const id = report.batch_id;
  await world.runner.drive(id);
  expect(await world.runner.create(request)).toMatchObject({ started: false, report: { batch_id: id } });
  const own = join(world.folder, 'out.csv');
  await world.runner.exportTable(id, own);
  const copy = join(world.folder, 'copy.csv');
  await world.runner.exportTable(id, copy);
  await expect(world.runner.exportTable(id, copy)).rejects.toMatchObject({ code: 'output_exists' });
  await world.runner.exportTable(id, copy, { overwrite: true });
});

test('a mapping that fills no row is refused, with the first reason', async () => {
  await begin({
    agent: { input: { type: 'object', properties: { q: { type: 'integer' } }, required: ['q'] } },
  });
  expect((await world.runner.plan(world.request())).problems).toEqual([
    {
      code: 'input_invalid',
      message: expect.stringMatching(/^None of the 5 rows checked gives a valid input: row 0 \(line 2\): .*"w0"/),
    },
  ]);
});

test('a mapping that fills some rows is warned of, with counts', async () => {
  await begin({
    agent: { input: { type: 'object', properties: { q: { type: 'integer' } }, required: ['q'] } },
    csv: table(['1', 'x', '3', 'y']),
  });
  const plan = await world.runner.plan(world.request());
  expect(plan.problems).toEqual([]);
  expect(plan.warnings).toContainEqual(
    expect.stringMatching(
      /^2 of the 4 rows checked give no valid input and would fail; the first is row 1 \(line 3\)\.$/,
    ),
  );
});

test('what is wrong about the tools is a problem of the plan', async () => {
  await begin({
    deps: {
      checkTools: async () => {
        throw new AppError('config_invalid', 'The environment variable X is not set.');
      },
    },
  });
  expect((await world.runner.plan(world.request())).problems).toMatchObject([{ code: 'config_invalid' }]);
});
