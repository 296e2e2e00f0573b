import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { AppError } from '../../../src/base/errors.ts';
import { keyCaller, localCaller } from '../../../src/runner/contract/caller.ts';
import type { Runner } from '../../../src/runner/runner.ts';
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

/** A model that refuses w1 and is too long for w3, until it is mended. */
function faulty() {
  const state = { isMended: false };
  const respond: WorldOptions['respond'] = (row, context) => {
    if (!state.isMended && row['q'] === 'w1') throw new AppError('refused', 'No.');
    if (!state.isMended && row['q'] === 'w3') throw new AppError('context_too_long', 'Too long.');
    return echo(row, context);
  };
  return { state, respond };
}

async function runToEnd(id: string, runner: Runner = world.runner) {
  return runner.drive(id);
}

const columnOf = async (at: number): Promise<string[]> => {
  const [, ...lines] = (await world.read('out.csv')).trimEnd().split('\n');
  return lines.map((line) => line.split(',')[at] ?? '');
};

test('a retry runs the failed rows again in the same batch and table; their first attempts stay', async () => {
  const { state, respond } = faulty();
  await begin(5, { respond });
  const id = await world.start();
  expect(await runToEnd(id)).toMatchObject({ status: 'completed', counts: { failed: 2 } });
  state.isMended = true;
  const other = await world.other();
  expect(await other.retry(id, {})).toMatchObject({
    status: 'running',
    ended_at: null,
    counts: { queued: 2, succeeded: 3, failed: 0 },
  });
  expect(await other.lapsed()).toEqual([id]);
  expect(await runToEnd(id, other)).toMatchObject({ status: 'completed', counts: { succeeded: 5, failed: 0 } });
  expect(world.sent).toHaveLength(7);
  expect(await columnOf(1)).toEqual(['w0!', 'w1!', 'w2!', 'w3!', 'w4!']);
  const { row, attempts } = await world.runner.trace(id, 1);
  expect(row).toMatchObject({ status: 'succeeded', attempt: 2 });
  expect(attempts).toMatchObject([
    { attempt: 1, status: 'failed', error: { code: 'refused', message: 'No.' }, model: 'anthropic/claude-haiku-5-5' },
    { attempt: 2, status: 'succeeded', error: null, model: 'anthropic/claude-haiku-5-5' },
  ]);
});

test('a retry with a model that gives vectors is refused where an answer is wanted', async () => {
  const { respond } = faulty();
  await begin(5, { respond });
  const id = await world.start();
  await runToEnd(id);
  await expect(world.runner.retry(id, { model: 'openai/text-embedding-3-small' })).rejects.toMatchObject({
    code: 'invalid_arguments',
    message: expect.stringContaining('is an embedding model'),
  });
});

test('a retry of one code leaves the others failed', async () => {
  const { state, respond } = faulty();
  await begin(5, { respond });
  const id = await world.start();
  await runToEnd(id);
  state.isMended = true;
  expect(await world.runner.planRetry(id, { codes: ['refused'] })).toMatchObject({ rows: 1 });
  await world.runner.retry(id, { codes: ['refused'] });
  expect(await runToEnd(id)).toMatchObject({ status: 'completed', counts: { succeeded: 4, failed: 1 } });
  expect(await columnOf(2)).toEqual(['SUCCESS', 'SUCCESS', 'SUCCESS', 'FAILED', 'SUCCESS']);
});

test('a retry with another model: each attempt, the trace and the bill know theirs', async () => {
  const { state, respond } = faulty();
  const models: string[] = [];
  await begin(5, {
    respond: (row, context) => {
      models.push(context.request.model);
      return respond(row, context);
    },
  });
  const id = await world.start();
  await runToEnd(id);
  state.isMended = true;
  const { estimate } = await world.runner.planRetry(id, { model: 'anthropic/claude-opus-5-5' });
  expect(estimate).toMatchObject({ rows: 2, basis: expect.stringContaining('prices of anthropic/claude-opus-5-5') });
  await world.runner.retry(id, { model: 'anthropic/claude-opus-5-5' });
  const report = await runToEnd(id);
  expect(report).toMatchObject({ status: 'completed', model: 'anthropic/claude-opus-5-5', counts: { succeeded: 5 } });
  expect(models.slice(5)).toEqual(['claude-opus-5-5', 'claude-opus-5-5']);
  // 100 tokens in at $4 and 20 out at $20 a million.
  expect(report.bill.models).toEqual([
    { model: 'anthropic/claude-haiku-5-5', calls: 3, cost_usd: 0.00006 },
    { model: 'anthropic/claude-opus-5-5', calls: 2, cost_usd: 0.0016 },
  ]);
  expect(report.cost_usd).toBe(0.00166);
  const traced = async (row: number) => (await world.runner.trace(id, row)).attempts.map(({ model }) => model);
  expect(await traced(0)).toEqual(['anthropic/claude-haiku-5-5']);
  expect(await traced(1)).toEqual(['anthropic/claude-haiku-5-5', 'anthropic/claude-opus-5-5']);
});

test('rows that a cancelled batch did not run are run by a retry, without paying for the others again', async () => {
  const gate = createGate();
  await begin(8, {
    respond: async (row, context) => {
      if (context.number === 4) await gate.wait(context.signal);
      return echo(row, context);
    },
  });
  const id = await world.start({ concurrency: 1 });
  const driving = world.runner.drive(id);
  await until(() => gate.waiting() === 1, 'the fourth call');
  await world.runner.cancel(id);
  await world.heartbeat();
  gate.open();
  expect(await driving).toMatchObject({ status: 'cancelled', counts: { succeeded: 4, queued: 4 } });
  await world.runner.retry(id, { concurrency: 3 });
  expect(await runToEnd(id)).toMatchObject({
    status: 'completed',
    counts: { succeeded: 8 },
    options: { concurrency: 3 },
  });
  expect(world.sent).toHaveLength(8);
});

test('a batch that failed by tolerance goes on from where it was', async () => {
  const { state, respond } = faulty();
  await begin(12, { respond });
  const id = await world.start({ concurrency: 1, tolerated_failure_percent: 5 });
  const failed = await runToEnd(id);
  expect(failed).toMatchObject({ status: 'failed' });
  expect(failed.counts.queued).toBeGreaterThan(0);
  state.isMended = true;
  await world.runner.retry(id, {});
  expect(await runToEnd(id)).toMatchObject({ status: 'completed', error: null, counts: { succeeded: 12 } });
});

test('another model never goes on with the transcript of the one before', async () => {
  const gate = createGate();
  await begin(3, {
    respond: async (row, context) => {
      if (context.number === 2) await gate.wait(context.signal);
      return echo(row, context);
    },
  });
  const hard = new AbortController();
  const id = await world.start({ concurrency: 1 });
  const driving = world.runner.drive(id, { hardSignal: hard.signal });
  await until(() => gate.waiting() === 1, 'the second call');
  hard.abort();
  await driving;
  gate.open();
  await world.runner.cancel(id);
  await runToEnd(id);
  await world.runner.retry(id, { model: 'claude-opus-5-5' });
  expect(await runToEnd(id)).toMatchObject({ status: 'completed', counts: { succeeded: 3 } });
  const { attempts } = await world.runner.trace(id, 1);
  expect(attempts).toMatchObject([
    { attempt: 1, status: 'superseded', error: null, model: 'anthropic/claude-haiku-5-5' },
    { attempt: 2, status: 'succeeded', model: 'anthropic/claude-opus-5-5' },
  ]);
});

test.each([
  [{ codes: ['row_timeout'] }, 'invalid_arguments', /No row .*"row_timeout".* refused \(1\)/],
  [{ codes: ['row_malformed'] }, 'invalid_arguments', /correct the table/],
  [{ model: 'nobody/model' }, 'agents_invalid', /nobody/],
  [{ model: ' ' }, 'invalid_arguments', /empty/],
  [{ model: 'claude-gone' }, 'model_unknown', /claude-gone/],
  [{ max_cost_usd: 0.00000001 }, 'budget_reached', /higher max_cost_usd/],
  [{ model: 'claude-free', max_cost_usd: 1 }, 'budget_unpriced', /price of claude-free/],
  [{ concurrency: 0 }, 'invalid_arguments', /concurrency/],
])('a retry of %j is refused with %s, and nothing changes', async (request, code, message) => {
  const { respond } = faulty();
  await begin(5, { respond });
  const real = world.deps.provider;
  const runner = await world.other({
    provider: async (name) => {
      if (name !== 'anthropic') throw new AppError('agents_invalid', `There is no model provider "${name}".`);
      const checkModel = async (model: string) => {
        if (model === 'claude-gone') throw new AppError('model_unknown', `No ${model}.`);
      };
      return { ...(await real(name)), checkModel };
    },
  });
  const id = await world.start();
  const before = await runToEnd(id);
  await expect(runner.retry(id, request)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  expect(await runner.report(id)).toEqual(before);
});

test('a retry does not replace the table that another batch wrote over that of its batch', async () => {
  const { state, respond } = faulty();
  await begin(5, { respond });
  const id = await world.start();
  await runToEnd(id);
  state.isMended = true;
  // A table with the same bytes would count as the batch's own.
  const output_mapping = { metadata: ['_parse_status' as const] };
  const other = await world.start({ overwrite: true }, { output_mapping });
  const known = await world.runner.retry(id, {});
  await runToEnd(other);
  const table = await world.read('out.csv');
  const error = { code: 'output_exists' };
  expect(await runToEnd(known.batch_id)).toMatchObject({ status: 'paused', pause_reason: 'fatal', error });
  await expect(world.runner.exportTable(id, join(world.folder, 'out.csv'))).rejects.toMatchObject(error);
  expect(await world.read('out.csv')).toBe(table);
  await rename(join(world.folder, 'out.csv'), join(world.folder, 'moved.csv'));
  await world.runner.resume(id);
  expect(await runToEnd(id)).toMatchObject({ status: 'completed', counts: { succeeded: 5 } });
  await world.runner.exportTable(id, join(world.folder, 'out.csv'));
});

test('a retry is refused before anything is sent while the table of another batch has its place', async () => {
  const { respond } = faulty();
  await begin(5, { respond });
  const id = await world.start();
  await runToEnd(id);
  const other = await world.start({ overwrite: true });
  await runToEnd(other);
  const before = world.sent.length;
  await expect(world.runner.retry(id, {})).rejects.toMatchObject({
    code: 'output_exists',
    message: expect.stringContaining(`is the table of ${other} now`),
  });
  expect(world.sent).toHaveLength(before);
});

test('the cap of the start holds for a retry with a model of unknown price', async () => {
  const { respond } = faulty();
  await begin(5, { respond });
  const id = await world.start({ max_cost_usd: 1 });
  await runToEnd(id);
  await expect(world.runner.retry(id, { model: 'claude-free' })).rejects.toMatchObject({ code: 'budget_unpriced' });
});

test('only a batch that has ended and has rows to run can be retried', async () => {
  await begin(2);
  const id = await world.start({ sample: 1 });
  await expect(world.runner.retry(id, {})).rejects.toMatchObject({ code: 'batch_state_invalid' });
  await runToEnd(id);
  await expect(world.runner.retry(id, {})).rejects.toMatchObject({
    code: 'batch_state_invalid',
    message: expect.stringContaining('Resume it'),
  });
  await world.runner.resume(id);
  await runToEnd(id);
  await expect(world.runner.retry(id, {})).rejects.toMatchObject({
    message: expect.stringContaining('no rows to run'),
  });
});

test('the bill counts failed attempts, and tells what was spent on them', async () => {
  let isMended = false;
  await begin(6, {
    agent: { limits: { max_turns: 2 } },
    respond: (row, context) =>
      !isMended && row['q'] === 'w2' ? [{ type: 'text', text: 'I would rather talk.' }] : echo(row, context),
  });
  const id = await world.start();
  const first = await runToEnd(id);
  expect(first.bill).toMatchObject({
    succeeded: { attempts: 5, cost_usd: 5 * CALL_USD },
    failed: { attempts: 1, cost_usd: 2 * CALL_USD },
    unfinished_cost_usd: 0,
  });
  isMended = true;
  await world.runner.retry(id, {});
  const second = await runToEnd(id);
  expect(second.counts).toMatchObject({ succeeded: 6, failed: 0 });
  expect(second.cost_usd).toBe(0.00016);
  expect(second.bill).toMatchObject({
    input: { tokens: 800, cost_usd: 0.00008 },
    output: { tokens: 160, cost_usd: 0.00008 },
    cache_write: { tokens: 0, cost_usd: 0 },
    cache_read: { tokens: 0, cost_usd: 0 },
    succeeded: { attempts: 6, cost_usd: 0.00012 },
    failed: { attempts: 1, cost_usd: 2 * CALL_USD },
  });
});

test('a retry counts to the budget of the key that retries', async () => {
  const { state, respond } = faulty();
  await begin(5, { respond });
  const [first, second] = ['first', 'second'].map((name) => ({ ...keyCaller(name, 'http'), budget_usd_per_day: 5 }));
  const id = (await world.runner.as(first ?? localCaller('cli')).create(world.request())).report.batch_id;
  await runToEnd(id);
  state.isMended = true;
  await world.runner.as(second ?? localCaller('cli')).retry(id, {});
  expect((await world.store.readBatch(id))?.budgetKey).toBe(second?.id);
});
