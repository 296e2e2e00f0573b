import { afterEach, expect, test } from 'vitest';
import type { EventMap, EventName } from '../../../src/telemetry/events.ts';
import { ask, CALL_USD, isSecondTurn, say, startWorld, table, USAGE, type World, words } from '../world.ts';

let world: World;
afterEach(() => world.close());

/** Keeps the events of a name. */
function collect<Name extends EventName>(name: Name): EventMap[Name][] {
  const events: EventMap[Name][] = [];
  world.deps.events.on(name, (event) => events.push(event));
  return events;
}

/** Events are delivered after what caused them. */
const delivered = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

test('a row reports its model calls, its tool call and its end, each with its ids', async () => {
  world = await startWorld({
    respond: (_, { request }) => (isSecondTurn(request) ? say({ answer: 'yes' }) : ask('look', { q: 'x' })),
    tools: [
      {
        ...{ name: 'look', description: 'Looks.', inputSchema: { type: 'object' }, idempotent: true },
        execute: async () => ({ found: true }),
      },
    ],
  });
  await world.write('table.csv', table(words(1)));
  const [starts, ends] = [collect('model-call-start'), collect('model-call-end')];
  const [tools, rows] = [collect('tool-call-end'), collect('row-end')];
  const id = await world.start();
  await world.runner.drive(id);
  await delivered();
  const ids = { run: `${id}/0/1`, batchId: id, row: 0, attempt: 1 };
  expect(starts).toMatchObject([
    { ...ids, turn: 0, model: 'anthropic/claude-haiku-5-5' },
    { ...ids, turn: 1 },
  ]);
  const answered = { outcome: 'answered', code: null, usage: USAGE, costMicroUsd: CALL_USD * 1e6 };
  expect(ends).toMatchObject([
    { ...ids, turn: 0, ...answered },
    { ...ids, turn: 1, ...answered },
  ]);
  expect(tools).toMatchObject([{ ...ids, turn: 0, index: 0, tool: 'look', isError: false }]);
  expect(rows).toMatchObject([{ batchId: id, row: 0, attempt: 1, outcome: 'succeeded', code: null }]);
});

test('a failed row is reported with its code, and an answer from the cache as cached', async () => {
  world = await startWorld({
    respond: ({ q }) => (q === 'bad' ? [] : say({ answer: 'yes' })),
    agent: { limits: { max_turns: 1 } },
  });
  await world.write('table.csv', table(['same', 'same', 'bad']));
  const [ends, rows] = [collect('model-call-end'), collect('row-end')];
  const id = await world.start({ cache: 'batch', concurrency: 1 });
  await world.runner.drive(id);
  await delivered();
  const [failed] = await world.store.readRows(id, { status: 'failed', fromRow: 0, limit: 1 });
  expect(rows.toSorted((a, b) => a.row - b.row)).toMatchObject([
    { row: 0, outcome: 'succeeded' },
    { row: 1, outcome: 'succeeded' },
    { row: 2, outcome: 'failed', code: failed?.error?.code },
  ]);
  expect(ends.map(({ outcome, costMicroUsd }) => [outcome, costMicroUsd])).toContainEqual(['cached', 0]);
});
