import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { isOwnerAlive } from '../../src/storage/lease-owner.ts';
import type { LeaseOwner } from '../../src/storage/leases.ts';
import { until } from './rowmill-process.ts';
import { createTwoTurnSite, expectedTable, type TwoTurnSite, tableOf } from './two-turn-site.ts';

const RUN = ['run', 'table.csv', '--agent', 'counter', '--out', 'out.csv', '--overwrite', '--json'];

let site: TwoTurnSite;
afterEach(() => site.close());

/** How many rows of the newest batch have succeeded. */
const done = async () => (await site.store.listBatches({ limit: 1 }))[0]?.totals.succeeded ?? 0;

test('two processes see each other’s batches, and one stops the other’s', async () => {
  site = await createTwoTurnSite({ rows: 2000, latencyMs: [20, 60], seed: 3 });
  const owner = site.rowmill(...RUN);
  await until(async () => (await done()) > 20, 'rows that are done', { by: owner });
  const list = await site.json('batches', 'list');
  expect(list.batches).toMatchObject([{ status: 'running', counts: { total: 2000 } }]);
  const id = list.batches?.[0]?.batch_id ?? '';
  expect(await site.json('batches', 'show', id)).toMatchObject({ batch_id: id, status: 'running' });

  const began = performance.now();
  const cancelled = await site.json('batches', 'cancel', id);
  const seconds = (performance.now() - began) / 1000;
  expect(cancelled).toMatchObject({ status: 'cancelled', counts: { running: 0, failed: 0 } });
  expect(seconds).toBeLessThan(12);

  const { code, json } = await owner.ended;
  expect(code).toBe(5);
  const sent = site.modelCalls.length;
  const rows = tableOf(await site.read('out.csv'));
  expect(rows.map(([word]) => word)).toEqual(site.words);
  expect(rows.filter((row) => row[2] === 'SUCCESS')).toHaveLength(json?.counts.succeeded ?? -1);
  expect(rows.filter((row) => row[2] === 'NOT_RUN')).toHaveLength(json?.counts.queued ?? -1);
  // What was begun was finished: nothing is paid for and thrown away.
  expect(sent).toBe(2 * (json?.counts.succeeded ?? -1));
}, 60_000);

test('the same start in two processes at the same time is one batch', async () => {
  site = await createTwoTurnSite({ rows: 30, latencyMs: [5, 20], seed: 4 });
  const keyed = [...RUN, '--idempotency-key', 'same'];
  const both = await Promise.all([site.rowmill(...keyed), site.rowmill(...keyed)].map((one) => one.ended));
  expect(both.map((one) => one.json?.status)).toEqual(['completed', 'completed']);
  expect(both[0]?.json?.batch_id).toBe(both[1]?.json?.batch_id);
  expect(site.modelCalls).toHaveLength(60);
  expect(tableOf(await site.read('out.csv'))).toEqual(expectedTable(site.words));
}, 60_000);

test('who follows a batch goes on with it when its process is killed', async () => {
  // The batch cannot end before the second process follows it, however slow the machine is.
  const { promise: following, resolve: release } = Promise.withResolvers<void>();
  site = await createTwoTurnSite({ rows: 200, latencyMs: [10, 40], seed: 9, held: { after: 60, until: following } });
  const owner = site.rowmill(...RUN);
  await until(async () => (await done()) > 5, `rows that are done\n${owner.stderr()}`);
  const id = (await site.json('batches', 'list')).batches?.[0]?.batch_id ?? '';
  const follower = site.rowmill('batches', 'resume', id);
  await until(() => follower.stderr().includes('showing its progress'), 'the following');
  owner.child.kill('SIGKILL');
  release();
  expect((await follower.ended).code).toBe(0);
  expect(await site.json('batches', 'show', id)).toMatchObject({ status: 'completed', counts: { succeeded: 200 } });
  expect(tableOf(await site.read('out.csv'))).toEqual(expectedTable(site.words));
}, 60_000);

test('Ctrl-C pauses, and the command that it names resumes', async () => {
  site = await createTwoTurnSite({ rows: 200, latencyMs: [10, 40], seed: 6 });
  const owner = site.rowmill(...RUN);
  await until(async () => (await done()) > 10, 'rows that are done', { by: owner });
  owner.child.kill('SIGINT');
  const { code, json } = await owner.ended;
  expect(code).toBe(130);
  expect(json).toMatchObject({ status: 'paused', pause_reason: 'interrupted', counts: { running: 0, failed: 0 } });
  const resumed = await site.json('batches', 'resume', json?.batch_id ?? '');
  expect(resumed).toMatchObject({ status: 'completed', counts: { succeeded: 200 } });
  expect(site.modelCalls).toHaveLength(400);
  expect(site.toolCalls).toHaveLength(200);
}, 60_000);

test('the detached runner finishes a batch after its starter has gone, and goes away', async () => {
  site = await createTwoTurnSite({ rows: 40, latencyMs: [10, 30], seed: 8 });
  // A process that starts a batch by the tools' way and ends at once, as an MCP client's server does.
  const starter = spawn(process.execPath, [fileURLToPath(new URL('./start-and-leave.ts', import.meta.url))], {
    cwd: site.folder,
    env: site.env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  starter.stdout.on('data', (chunk) => {
    printed += chunk;
  });
  const code = await new Promise((resolve) => starter.once('close', resolve));
  expect(code).toBe(0);
  const id = printed.trim();
  let owner: LeaseOwner | undefined;
  await until(async () => {
    const batch = await site.store.readBatch(id);
    owner = batch?.owner ?? owner;
    return batch?.status === 'completed';
  }, 'the end of the batch');
  if (owner === undefined) throw new Error('Nobody was seen to run it.');
  const runner = owner;
  expect(runner.pid).not.toBe(starter.pid);
  await until(() => isOwnerAlive(runner) === false, 'the end of the detached runner');
  const batch = await site.store.readBatch(id);
  expect(batch?.totals).toMatchObject({ succeeded: 40, failed: 0 });
  expect(site.modelCalls).toHaveLength(80);
  expect(await readFile(join(site.folder, 'data', 'runner.log'), 'utf8')).not.toContain('"level":50');
}, 60_000);
