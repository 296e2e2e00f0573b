import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { AppError } from '../../../src/base/errors.ts';
import type { ModelRequest } from '../../../src/protocol/messages.ts';
import { createRunCache } from '../../../src/runner/rows/answer-cache.ts';
import { createFlights } from '../../../src/runner/rows/flights.ts';
import { openHashedCache } from '../../../src/runner/rows/hashed-cache.ts';
import type { Runner } from '../../../src/runner/runner.ts';
import {
  ask,
  CALL_USD,
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

async function open(rows: string[], options?: WorldOptions): Promise<World> {
  world = await startWorld(options);
  await world.write('table.csv', table(rows));
  return world;
}

/** A tool whose calls are counted. */
function countedTool(answer: () => string = () => 'found') {
  const calls: unknown[] = [];
  const tool = {
    name: 'look_up',
    description: 'Looks up.',
    inputSchema: { type: 'object' },
    idempotent: true,
    timeoutMs: 1_000,
    execute: async (input: unknown) => {
      calls.push(input);
      return { content: answer(), isError: false };
    },
  };
  return { tool, calls };
}

const modelTurns = async (runner: Runner, id: string, row: number) =>
  (await runner.trace(id, row)).attempts.flatMap(({ entries }) => entries.filter(({ kind }) => kind === 'model'));

it('sends one of many identical requests, and charges nothing for the others', async () => {
  await open(['a', 'b', 'a', 'a', 'b', 'a', 'c', 'a']);
  const report = await world.runner.drive(await world.start({ cache: 'batch', concurrency: 4 }));
  expect(report).toMatchObject({ status: 'completed', counts: { succeeded: 8 }, model_calls: 3, cached_calls: 5 });
  expect(world.sent.map(({ q }) => q).sort()).toEqual(['a', 'b', 'c']);
  expect(report.cost_usd).toBeCloseTo(3 * CALL_USD, 9);
  expect(report.saved_usd).toBeCloseTo(5 * CALL_USD, 9);
  expect(report.usage.inputTokens).toBe(300);
  expect((await world.read('out.csv')).split('\n').slice(1, 4)).toEqual([
    expect.stringMatching(/^a,a!,SUCCESS/),
    expect.stringMatching(/^b,b!,SUCCESS/),
    expect.stringMatching(/^a,a!,SUCCESS/),
  ]);
});

it('sends every request when nothing was said about a cache', async () => {
  await open(['a', 'a', 'a']);
  const report = await world.runner.drive(await world.start());
  expect(report).toMatchObject({ model_calls: 3, cached_calls: 0, saved_usd: 0 });
});

it('lets identical requests wait for the first, and opens the lane for the others', async () => {
  const gate = createGate();
  await open(['first', ...Array.from({ length: 6 }, () => 'same'), 'other'], {
    respond: async (row, context) => {
      if (row['q'] === 'same') await gate.wait(context.signal);
      return echo(row, context);
    },
  });
  const id = await world.start({ cache: 'batch', concurrency: 8 });
  const driving = world.runner.drive(id);
  await until(() => gate.waiting() === 1 && world.sent.length === 3, 'one of the identical calls is sent');
  await until(async () => (await world.runner.report(id)).counts.succeeded === 2, 'the other rows are done');
  gate.open();
  expect(await driving).toMatchObject({ counts: { succeeded: 8 }, model_calls: 3, cached_calls: 5 });
});

it('makes the next one lead when the first fails', async () => {
  const gate = createGate();
  let failures = 2;
  await open(['first', 'same', 'same', 'same', 'same'], {
    respond: async (row, context) => {
      if (row['q'] !== 'same') return echo(row, context);
      await gate.wait(context.signal);
      if (failures-- > 0) throw new AppError('model_request_invalid', 'not this one');
      return echo(row, context);
    },
  });
  const driving = world.runner.drive(await world.start({ cache: 'batch' }));
  await until(() => gate.waiting() === 1, 'the first identical call is sent');
  gate.open();
  expect(await driving).toMatchObject({ counts: { succeeded: 3, failed: 2 }, model_calls: 2, cached_calls: 1 });
  expect(world.sent).toHaveLength(4);
});

it('serves only answers of attempts that have succeeded', async () => {
  await open(['a', 'a', 'a'], { respond: () => say({ wrong: true }), agent: { limits: { max_turns: 2 } } });
  const report = await world.runner.drive(await world.start({ cache: 'batch', concurrency: 1 }));
  expect(report).toMatchObject({ counts: { failed: 3 }, cached_calls: 0, model_calls: 6 });
});

it('serves every turn of a run and calls its tools all the same', async () => {
  const { tool, calls } = countedTool();
  await open(['a', 'a', 'a'], {
    tools: [tool],
    respond: (row, { request }) => (isSecondTurn(request) ? say({ answer: 'done' }) : ask('look_up', row)),
  });
  const id = await world.start({ cache: 'batch' });
  expect(await world.runner.drive(id)).toMatchObject({ model_calls: 2, cached_calls: 4, tool_calls: 3 });
  expect(calls).toEqual([{ q: 'a' }, { q: 'a' }, { q: 'a' }]);
  const [first, second] = await modelTurns(world.runner, id, 2);
  expect(first).toMatchObject({ cachedFrom: { run: `${id}/0/1`, turn: 0 }, answer: { costMicroUsd: 0, usage: null } });
  expect(second?.cachedFrom).toMatchObject({ turn: 1 });
});

it('asks the model again once a tool has said something else', async () => {
  let number = 0;
  const { tool } = countedTool(() => `answer ${number++}`);
  await open(['a', 'a'], {
    tools: [tool],
    respond: (row, { request }) => (isSecondTurn(request) ? say({ answer: 'done' }) : ask('look_up', row)),
  });
  const report = await world.runner.drive(await world.start({ cache: 'batch' }));
  expect(report).toMatchObject({ counts: { succeeded: 2 }, model_calls: 3, cached_calls: 1 });
});

it('serves what another batch has paid for with "all", and not with "batch"', async () => {
  await open(words(5));
  await world.runner.drive(await world.start({ cache: 'batch', overwrite: true }));
  await world.write('table.csv', table([...words(5), 'new']));
  const own = await world.runner.drive(await world.start({ cache: 'batch', overwrite: true }));
  expect(own).toMatchObject({ model_calls: 6, cached_calls: 0 });
  await world.write('table.csv', table([...words(5), 'new', 'newest']));
  const all = await world.runner.drive(await world.start({ cache: 'all', overwrite: true }));
  expect(all).toMatchObject({ counts: { succeeded: 7 }, model_calls: 1, cached_calls: 6 });
  expect(all.saved_usd).toBeCloseTo(6 * CALL_USD, 9);
});

it('goes on serving what it was served when the batch that paid is removed', async () => {
  await open(['a']);
  const paid = await world.start({ cache: 'all', overwrite: true });
  await world.runner.drive(paid);
  await world.runner.drive(await world.start({ cache: 'all', overwrite: true }));
  await world.runner.remove(paid);
  const report = await world.runner.drive(await world.start({ cache: 'all', overwrite: true }));
  expect(report).toMatchObject({ model_calls: 0, cached_calls: 1 });
  expect(report.saved_usd).toBeCloseTo(CALL_USD, 9);
});

it('sends identical requests of two batches in one process once', async () => {
  const gate = createGate();
  await open(['a'], {
    respond: async (row, context) => {
      await gate.wait(context.signal);
      return echo(row, context);
    },
  });
  const other = { output_uri: join(world.folder, 'other.csv') };
  const drives = [await world.start({ cache: 'all' }), await world.start({ cache: 'all' }, other)].map((id) =>
    world.runner.drive(id),
  );
  await until(() => gate.waiting() === 1, 'one call is sent');
  gate.open();
  const reports = await Promise.all(drives);
  expect(reports.map((report) => report.model_calls + report.cached_calls)).toEqual([1, 1]);
  expect(world.sent).toHaveLength(1);
});

it('counts what a replayed row was answered for later requests, and replays a cached answer as it is', async () => {
  const gate = createGate();
  const { tool, calls } = countedTool();
  await open(['a', 'a'], {
    tools: [tool],
    respond: async (row, { request, signal }) => {
      if (!isSecondTurn(request)) return ask('look_up', row);
      await gate.wait(signal);
      return say({ answer: 'done' });
    },
  });
  const id = await world.start({ cache: 'batch', concurrency: 2 });
  const hard = new AbortController();
  const driving = world.runner.drive(id, { hardSignal: hard.signal });
  await until(() => gate.waiting() === 1, 'the second turn is in flight');
  hard.abort();
  expect(await driving).toMatchObject({ status: 'paused', model_calls: 1 });
  gate.open();
  await world.runner.resume(id);
  const report = await world.runner.drive(id);
  expect(report).toMatchObject({ status: 'completed', counts: { succeeded: 2 }, model_calls: 2, cached_calls: 2 });
  expect(calls).toHaveLength(2);
});

it('pauses after one call when the key is refused, and lets nobody wait for ever', async () => {
  await open(['a', 'a', 'a'], {
    respond: () => {
      throw new AppError('model_key_refused', 'no');
    },
  });
  const report = await world.runner.drive(await world.start({ cache: 'batch' }));
  expect(report).toMatchObject({ status: 'paused', pause_reason: 'fatal', counts: { queued: 3 } });
  expect(world.sent).toHaveLength(1);
});

it('refuses scopes that there are not', async () => {
  await open(['a']);
  const plan = await world.runner.plan(
    world.request({ cache: 'some' as 'all', trace: 'few' as 'all', trace_days: -1 }),
  );
  expect(plan.problems.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^options\.cache: must be off, batch or all/),
    expect.stringMatching(/^options\.trace: must be all, failures or none/),
    expect.stringMatching(/^options\.trace_days: must be a number of days/),
  ]);
});

it('warns that answers which are pruned serve no other batch', async () => {
  await open(['a']);
  const plan = await world.runner.plan(world.request({ cache: 'all', trace: 'none' }));
  expect(plan).toMatchObject({ problems: [], warnings: [expect.stringMatching(/pruned when it has ended/)] });
});

/** The cache of one run of a batch. */
function runCache() {
  const fence = { batchId: 'bat_1', epoch: 1 };
  const provider = { name: 'anthropic' };
  const hashed = openHashedCache('run_1', {
    ...{ scope: 'all', store: world.store, clock: world.deps.clock, flights: createFlights(), fence, provider },
  });
  return { hashed, cache: createRunCache(hashed, { run: 'run_1', batchId: fence.batchId, provider }) };
}

it('tells requests apart by what their answers are begun with', async () => {
  await open(['a']);
  const { hashed, cache } = runCache();
  const request: ModelRequest = { model: 'm', system: '', messages: [], tools: [], maxTokens: 9 };
  const signal = new AbortController().signal;
  const answer = { tool: 'return_structured_data', instruction: 'Call it.' };
  for (const asked of [request, { ...request, prefill: '{' }, { ...request }, { ...request, answer }]) {
    await cache.take({ turn: 0, request: asked, appended: [], signal });
    cache.answered({ turn: 0, request: asked }, 'm');
    hashed.end(false);
  }
  const [plain, begun, again, native] = hashed.hashed().map(({ hash }) => Buffer.from(hash).toString('hex'));
  expect(again).toBe(plain);
  expect(begun).not.toBe(plain);
  expect(native).not.toBe(plain);
});

it('does not wait for itself where a run asks the same thing twice', async () => {
  await open(['a']);
  const { cache } = runCache();
  const request: ModelRequest = { model: 'm', system: '', messages: [], tools: [], maxTokens: 9 };
  const call = { request, appended: [], signal: AbortSignal.timeout(5_000) };
  expect(await cache.take({ turn: 0, ...call })).toBeUndefined();
  expect(await cache.take({ turn: 1, ...call })).toBeUndefined();
});
