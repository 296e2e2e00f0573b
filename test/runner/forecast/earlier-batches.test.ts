import { afterEach, expect, it } from 'vitest';
import { startWorld, table, testAgent, USAGE, type World, words } from '../world.ts';

let world: World;
afterEach(() => world.close());

const ROWS = 12;
const MEASURED = /measured on 12 rows of an earlier batch of this agent/;

/** A world in which the agent has run a batch of twelve short rows. */
async function afterBatch(): Promise<World> {
  world = await startWorld();
  await world.write('table.csv', table(words(ROWS)));
  await world.runner.drive(await world.start());
  return world;
}

const estimateOf = async (csv: string, runner = world.runner) => {
  await world.write('next.csv', csv);
  const request = world.request(
    {},
    { csv_uri: `${world.folder}/next.csv`, output_uri: `${world.folder}/next-out.csv` },
  );
  return (await runner.plan(request)).estimate;
};

it('an estimate is what rows of an earlier batch of the same agent took, and says so', async () => {
  await afterBatch();
  const estimate = await estimateOf(table(words(ROWS)));
  expect(estimate?.tokens).toEqual({ input: ROWS * USAGE.inputTokens, output: ROWS * USAGE.outputTokens });
  expect(estimate?.basis).toMatch(MEASURED);
  expect(estimate?.basis).not.toContain('Run a sample');
  const { low = 0, high = 0 } = estimate?.cost_usd ?? {};
  expect(high / low).toBeLessThan(1.5);
});

it('a table with longer rows than those of the earlier batch is expected to take more input', async () => {
  await afterBatch();
  const longer = await estimateOf(table(words(ROWS).map((word) => `${word} and some words more`.repeat(40))));
  expect(longer?.tokens?.input).toBeGreaterThan(1.3 * ROWS * USAGE.inputTokens);
  expect(longer?.tokens?.output).toBe(ROWS * USAGE.outputTokens);
});

it.each([
  ['instructions', { instructions: 'Answer otherwise.' }],
  ['a model', { model: { provider: 'anthropic', model: 'claude-sonnet-5-5' } }],
  ['a version', { version: 'v2' }],
])('another definition (%s) under the name is not measured by it', async (_what, overrides) => {
  await afterBatch();
  const runner = await world.other({ findAgent: async () => testAgent(overrides) });
  expect((await estimateOf(table(words(ROWS)), runner))?.basis).toContain("from the requests and the answer's schema");
});

it('a few rows are not enough to measure by', async () => {
  world = await startWorld();
  await world.write('table.csv', table(words(3)));
  await world.runner.drive(await world.start());
  expect((await estimateOf(table(words(ROWS))))?.basis).not.toContain('measured on');
});
