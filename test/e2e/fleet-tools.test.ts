import { fileURLToPath } from 'node:url';
import { afterEach, expect, vi } from 'vitest';
import { createFleetSite, type FleetSite, REDIS_URL, until } from './fleet-site.ts';
import { onRedis } from './on-redis.ts';
import { expectedTable, tableOf } from './two-turn-site.ts';

vi.setConfig({ testTimeout: 300_000 });

let site: FleetSite | undefined;
afterEach(async () => {
  await site?.close();
  site = undefined;
});

/** Its rows are slow, so that a worker begins one after the other. */
const startSite = async (rows: number, tool: string) => {
  site = await createFleetSite(`${REDIS_URL}/15`, { rows, latencyMs: [60, 100], seed: 18 });
  const agents = await site.read('agents.yaml');
  await site.write('agents.yaml', agents.replace(/- http:.*?(?= {4}structured_output)/s, tool));
  return site;
};
const linesOf = async ({ read }: FleetSite, name: string) =>
  (await read(name).catch(() => '')).split('\n').filter((line) => line !== '');

/** It acts on a row, and for one of them does not say so. */
const BOOKING = `
import { appendFileSync } from 'node:fs';
export const tool = {
  name: 'book',
  description: 'Books a visit.',
  inputSchema: { type: 'object', properties: { q: { type: 'string' } }, required: ['q'] },
  idempotent: false,
  timeoutMs: 3_600_000,
  execute({ q }) {
    appendFileSync('booked', q + '\\n');
    return q === 'word3' ? new Promise(() => {}) : { seen: q };
  },
};
`;

onRedis('what a killed worker did by a tool that is not idempotent is known before, and not done again', async () => {
  const here = await startSite(8, '- module: ./book.mjs\n');
  const limits = 'limits: {timeout_s: 3600}';
  const agents = await here.read('agents.yaml');
  await here.write('agents.yaml', agents.replace('    structured_output:', `    ${limits}\n    structured_output:`));
  await here.write('book.mjs', BOOKING);
  const killed = await here.worker('w1', '--concurrency', '1');
  const run = here.run();
  await until(async () => (await linesOf(here, 'booked')).includes('word3'), 'the visit', { by: run });
  const id = (await here.store.listBatches({ limit: 1 }))[0]?.id ?? '';
  const journal = await here.store.readJournal(`${id}/3/1`);
  expect(journal.at(-1)).toMatchObject({ kind: 'tool', idempotent: false, openSends: 1, answer: null });
  killed.child.kill('SIGKILL');
  await here.worker('w2', '--concurrency', '2');
  const { json } = await run.ended;
  expect(json).toMatchObject({ status: 'completed', counts: { succeeded: 7, failed: 1 } });
  const failed = tableOf(await here.read('out.csv')).filter(([, , status]) => status === 'FAILED');
  expect(failed).toEqual([['word3', '', 'FAILED', expect.stringContaining('tool_outcome_unknown')]]);
  expect((await linesOf(here, 'booked')).sort()).toEqual([...here.words].sort());
});

onRedis('a tool of an MCP server is started on the worker, with the secrets of its own environment', async () => {
  const server = fileURLToPath(new URL('../support/mcp-fixture-stdio.ts', import.meta.url));
  const mcp = { command: process.execPath, args: [server], tools: ['add'] };
  const env = { CALLS_FILE: '${CALLS_FILE}' };
  const here = await startSite(6, `- mcp: ${JSON.stringify({ ...mcp, env })}\n`);
  await here.workerWith({ CALLS_FILE: 'worker.calls' }, 'w1', '--concurrency', '2');
  const run = here.rowmillWith(
    { ...here.env, CALLS_FILE: 'coordinator.calls' },
    ...['run', 'table.csv', '--agent', 'counter', '--mode', 'fleet', '--out', 'out.csv', '--json'],
  );
  const { json } = await run.ended;
  expect(json).toMatchObject({ status: 'completed', counts: { succeeded: 6 }, tool_calls: 6 });
  expect(tableOf(await here.read('out.csv'))).toEqual(expectedTable(here.words));
  expect(await linesOf(here, 'worker.calls')).toHaveLength(6);
  expect(await linesOf(here, 'coordinator.calls')).toEqual([]);
});
