import { getEventListeners } from 'node:events';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Store } from '../../../src/storage/store.ts';
import {
  CALL_USD,
  createGate,
  echo,
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

test('runs every row once and writes them in order', async () => {
  await begin({ rows: 57 });
  const report = await world.runner.drive(await world.start({ concurrency: 7 }));
  expect(report).toMatchObject({
    status: 'completed',
    counts: { total: 57, queued: 0, running: 0, succeeded: 57, failed: 0 },
    model_calls: 57,
    error: null,
  });
  expect(report.cost_usd).toBeCloseTo(57 * CALL_USD, 12);
  expect(report.cost_usd_at_most).toBe(report.cost_usd);
  expect(await outputLines()).toEqual(words(57).map((word) => `${word},${word}!,SUCCESS,`));
  expect(world.sent).toHaveLength(57);
});

test('waits longer for the store from before the lease until after its release', async () => {
  await begin({ rows: 2 });
  let holds = 0;
  const held: number[] = [];
  const store: Store = {
    ...world.store,
    waitLonger: () => {
      holds += 1;
      return () => {
        holds -= 1;
      };
    },
    acquireLease: async (...lease) => {
      held.push(holds);
      return world.store.acquireLease(...lease);
    },
    releaseLease: async (fence) => {
      await world.store.releaseLease(fence);
      held.push(holds);
    },
  };
  const id = await world.start();
  const runner = await world.other({ store });
  expect((await runner.drive(id)).status).toBe('completed');
  expect(held).toEqual([1, 1]);
  await runner.drive(id);
  expect([held, holds]).toEqual([[1, 1, 1, 1], 0]);
});

test('keeps to the concurrency, and reaches it', async () => {
  const gate = createGate();
  await begin({
    rows: 20,
    respond: async (row, { number }) => {
      if (number > 1) await gate.wait();
      return say({ answer: `${row['q']}` });
    },
  });
  const driving = world.runner.drive(await world.start({ concurrency: 6 }));
  await until(() => gate.waiting() === 6, 'six calls at once');
  gate.open();
  await driving;
  expect(world.atOnce.most).toBe(6);
});

test('sends for the next row while the last is being stored, but only so far ahead of a slow store', async () => {
  const gate = createGate();
  await begin({
    rows: 20,
    intercept: async (method) => {
      if (method === 'finishRow') await gate.wait();
    },
  });
  const driving = world.runner.drive(await world.start({ concurrency: 3 }));
  await until(() => gate.waiting() === 6, 'twice as many rows at work as may be sent for at once');
  await world.store.renewLease({ batchId: 'none', epoch: 0 }).catch(() => undefined);
  expect(world.sent).toHaveLength(6);
  gate.open();
  expect((await driving).counts.succeeded).toBe(20);
  expect(world.atOnce.most).toBeLessThanOrEqual(3);
});

test('runs one row alone until a model call is answered, and not until its row is done', async () => {
  const first = createGate();
  const tool = createGate();
  await begin({
    rows: 4,
    tools: [
      {
        name: 'look',
        description: 'Looks.',
        inputSchema: { type: 'object' },
        idempotent: true,
        execute: async () => {
          await tool.wait();
          return 'seen';
        },
      },
    ],
    respond: async (row, { request, number }) => {
      if (number === 1) await first.wait();
      if (request.messages.length > 1) return say({ answer: `${row['q']}` });
      return [{ type: 'tool_use', id: 'look', name: 'look', input: {} }];
    },
  });
  const driving = world.runner.drive(await world.start({ concurrency: 4 }));
  await until(() => first.waiting() === 1, 'the first call');
  expect(world.sent).toHaveLength(1);
  first.open();
  // Its tool does not answer yet: the other rows have begun all the same.
  await until(() => tool.waiting() === 4, 'all rows at their tool');
  tool.open();
  expect((await driving).counts.succeeded).toBe(4);
});

test('one bad row never stops the rest', async () => {
  await begin({ rows: 10, respond: (row) => say(row['q'] === 'w3' ? { wrong: 1 } : { answer: `${row['q']}` }) });
  const report = await world.runner.drive(await world.start());
  expect(report).toMatchObject({ status: 'completed', counts: { succeeded: 9, failed: 1 } });
  expect(report.failures).toMatchObject([{ code: 'output_invalid', count: 1, example: { row: 3 } }]);
  expect((await outputLines())[3]).toContain('w3,,FAILED,');
});

test('malformed lines stand in the table in order, with their text kept and their line named', async () => {
  await begin({ csv: 'q,r\na,1\nb,2,3,4\nc,3\n' });
  const id = await world.start();
  const report = await world.runner.drive(id);
  expect(report.counts).toMatchObject({ total: 3, succeeded: 2, failed: 1 });
  const lines = await outputLines();
  expect(lines[0]).toBe('a,1,a!,SUCCESS,');
  expect(lines[1]).toMatch(/^b,2,,FAILED,/);
  expect(await world.read('out.csv')).toContain(',"row_malformed: line 3: 4 fields, 2 expected: b,2,3,4"\n');
  expect(lines[2]).toBe('c,3,c!,SUCCESS,');
  const [row] = await world.store.readRows(id, { fromRow: 1, limit: 1 });
  expect(row?.rawText?.trim()).toBe('b,2,3,4');
});

test('the error of a long malformed line carries its start', async () => {
  await begin({ csv: `q,r\n${'x'.repeat(3000)},2,3\n` });
  const report = await world.runner.drive(await world.start());
  expect(report.failures[0]?.example.message).toBe(`line 2: 3 fields, 2 expected: ${'x'.repeat(1000)}…`);
});

test('a column of the source with an output name keeps its cells; the answer stands beside it', async () => {
  await begin({ csv: 'q,answer,_status\na,old,mine\n' });
  const { report, plan } = await world.runner.create(world.request());
  expect(plan.warnings.join(' ')).toContain('answer_result');
  await world.runner.drive(report.batch_id);
  const [header, row] = (await world.read('out.csv')).split('\n');
  expect(header).toBe('q,answer,_status,answer_result,_status_result,_processing_time,_error');
  expect(row).toMatch(/^a,old,mine,a!,SUCCESS,/);
});

test('reads and writes JSON lines, cells with their types', async () => {
  await begin({});
  await world.write('in.jsonl', '{"q":"a","n":1,"deep":{"x":[1,2]}}\n{"q":"b","n":null}\n');
  const id = await world.start(undefined, {
    csv_uri: join(world.folder, 'in.jsonl'),
    output_uri: join(world.folder, 'out.jsonl'),
  });
  expect((await world.runner.drive(id)).status).toBe('completed');
  const rows = (await world.read('out.jsonl'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(rows[0]).toMatchObject({ q: 'a', n: 1, deep: { x: [1, 2] }, answer: 'a!', _status: 'SUCCESS' });
  expect(rows[1]).toMatchObject({ q: 'b', n: null, answer: 'b!' });
});

test('rates count working time only', async () => {
  await begin({ rows: 6 });
  let now = 1_000_000;
  const clock = { ...world.deps.clock, now: () => now };
  const runner = await world.other({ clock });
  const id = await world.start({ sample: 2 });
  await runner.drive(id);
  const { activeMs, activeSince } = (await world.store.readBatch(id)) ?? {};
  expect(activeSince).toBeNull();
  now += 3_600_000;
  await runner.resume(id);
  await runner.drive(id);
  expect((await world.store.readBatch(id))?.activeMs).toBe(activeMs);
});

test('working time is kept while rows run, so that a takeover knows it, whatever the wall clock is set to', async () => {
  const gate = createGate();
  await begin({
    rows: 3,
    respond: async (row, context) => {
      if (context.number === 2) await gate.wait();
      return echo(row, context);
    },
  });
  let worked = 0;
  let jumps = 0;
  const { clock } = world.deps;
  const sleep: typeof clock.sleep = async (ms, signal) => {
    await clock.sleep(ms === 5_000 ? 5 : ms, signal);
    if (ms !== 5_000) return;
    worked += 5_000;
    jumps += 3_600_000;
  };
  const now = () => 1_000_000 + worked + jumps;
  // Monotonic clocks have fractions of a millisecond.
  const monotonic = () => worked * 1.000_01;
  const runner = await world.other({ clock: { ...clock, now, monotonic, sleep } });
  const id = await world.start({ concurrency: 1 });
  const driving = runner.drive(id);
  await until(async () => ((await world.store.readBatch(id))?.activeMs ?? 0) >= 10_000, 'two stretches');
  gate.open();
  await driving;
  const { activeMs, activeSince } = (await world.store.readBatch(id)) ?? {};
  expect(activeSince).toBeNull();
  expect(activeMs).toBe(worked);
});

test('rows leave no listeners on what outlives them', async () => {
  await begin({ rows: 200 });
  const signals = new Set<AbortSignal>();
  let most = 0;
  const runner = await world.other({
    openAgent: async (...args) => {
      const agent = await world.deps.openAgent(...args);
      return {
        ...agent,
        run: (messages, hooks) => {
          signals.add(hooks.signal);
          most = Math.max(most, getEventListeners(hooks.signal, 'abort').length);
          return agent.run(messages, hooks);
        },
      };
    },
  });
  await runner.drive(await world.start({ concurrency: 20 }));
  // Each row has a signal of its own, so that it can be cancelled alone.
  expect(signals.size).toBe(200);
  expect(most).toBeLessThanOrEqual(1);
  for (const signal of signals) expect(getEventListeners(signal, 'abort').length).toBeLessThanOrEqual(1);
});
