import { afterEach, expect, test } from 'vitest';
import { CALL_USD, createGate, echo, say, startWorld, table, until, type World, words } from '../world.ts';

let world: World;
afterEach(() => world.close());

test('the bill shows what prompt caching did', async () => {
  world = await startWorld();
  await world.write('table.csv', table(words(4)));
  let calls = 0;
  const runner = await world.other({
    provider: async () => ({
      name: 'anthropic',
      respond: async (request) => {
        calls += 1;
        // The first call writes the prompt to the cache, the others read it.
        const cached =
          calls === 1 ? { cacheWriteTokens: 2000, cacheReadTokens: 0 } : { cacheWriteTokens: 0, cacheReadTokens: 2000 };
        const usage = { inputTokens: 10, outputTokens: 20, ...cached };
        return { content: say({ answer: 'x' }), stopReason: 'tool_use', usage, model: request.model };
      },
      close: async () => undefined,
    }),
  });
  const id = await world.start();
  const { bill, cost_usd } = await runner.drive(id);
  // $0.10 in, $0.50 out, $0.125 written, $0.01 read, a million tokens.
  expect(bill).toMatchObject({
    input: { tokens: 40, cost_usd: 0.000004 },
    output: { tokens: 80, cost_usd: 0.00004 },
    cache_write: { tokens: 2000, cost_usd: 0.00025 },
    cache_read: { tokens: 6000, cost_usd: 0.00006 },
    models: [{ model: 'anthropic/claude-haiku-5-5', calls: 4, cost_usd: 0.000354 }],
  });
  expect(cost_usd).toBe(0.000354);
});

test('calls whose answer was lost count against the cap after a resume, at their worst', async () => {
  const gate = createGate();
  let isHeld = true;
  world = await startWorld({
    respond: async (row, context) => {
      if (isHeld && context.number > 2) await gate.wait(context.signal);
      return echo(row, context);
    },
  });
  await world.write('table.csv', table(words(200)));
  const hard = new AbortController();
  const id = await world.start({ concurrency: 3 });
  const driving = world.runner.drive(id, { hardSignal: hard.signal });
  await until(() => gate.waiting() === 3, 'three calls in flight');
  hard.abort();
  const lost = await driving;
  expect(lost).toMatchObject({ pause_reason: 'interrupted', cost_usd: 2 * CALL_USD });
  const worst = (lost.cost_usd_at_most ?? 0) - (lost.cost_usd ?? 0);
  expect(worst).toBeGreaterThan(3 * CALL_USD);
  isHeld = false;
  // Room for ten calls beyond what is committed; each has to fit at its worst.
  const cap = (lost.cost_usd_at_most ?? 0) + worst / 3 + 10 * CALL_USD;
  await expect(world.runner.resume(id, { max_cost_usd: lost.cost_usd_at_most ?? 0 })).rejects.toMatchObject({
    code: 'budget_reached',
  });
  await world.runner.resume(id, { max_cost_usd: cap });
  const paused = await world.runner.drive(id);
  expect(paused).toMatchObject({ status: 'paused', pause_reason: 'budget', counts: { failed: 0, running: 0 } });
  expect(paused.counts.succeeded).toBeGreaterThan(2);
  expect(paused.cost_usd_at_most).toBeLessThanOrEqual(cap);
  expect(paused.cost_usd).toBeCloseTo(paused.counts.succeeded * CALL_USD, 12);
  await world.runner.resume(id, { max_cost_usd: 1 });
  expect(await world.runner.drive(id)).toMatchObject({ status: 'completed', counts: { succeeded: 200 } });
});

test('an attempt that goes on after a crash has its whole cost in the bill of outcomes', async () => {
  const gate = createGate();
  let isHeld = true;
  world = await startWorld({
    agent: { limits: { max_turns: 3 } },
    respond: async (row, context) => {
      if (context.request.messages.length === 1) return [{ type: 'text', text: 'Let me think.' }];
      if (isHeld) await gate.wait(context.signal);
      return echo(row, context);
    },
  });
  await world.write('table.csv', table(words(1)));
  const hard = new AbortController();
  const id = await world.start();
  const driving = world.runner.drive(id, { hardSignal: hard.signal });
  await until(() => gate.waiting() === 1, 'the second turn');
  hard.abort();
  expect((await driving).bill).toMatchObject({ succeeded: { attempts: 0 }, unfinished_cost_usd: CALL_USD });
  isHeld = false;
  await world.runner.resume(id);
  expect((await world.runner.drive(id)).bill).toMatchObject({
    succeeded: { attempts: 1, cost_usd: 2 * CALL_USD },
    failed: { attempts: 0, cost_usd: 0 },
    unfinished_cost_usd: 0,
  });
});
