import { describe, expect, test } from 'vitest';
import type { BatchRecord } from '../../src/storage/batches.ts';
import { mulberry32 } from '../support/messages-server.ts';
import { type RowmillProcess, until } from './rowmill-process.ts';
import { stopProcess } from './stop-process.ts';
import { createTwoTurnSite, expectedTable, type TwoTurnSite, tableOf } from './two-turn-site.ts';

const CONCURRENCY = 8;
const RUN = ['run', 'table.csv', '--agent', 'counter', '--out', 'out.csv', '--concurrency', String(CONCURRENCY)];

describe.concurrent('a process that is ended or stopped', () => {
  test('SIGKILL at five moments: complete, each row once, and only calls in flight are repeated', async () => {
    const site = await createTwoTurnSite({ rows: 400, latencyMs: [2, 40], seed: 11 });
    try {
      await killFiveTimes(site, 2026);
    } finally {
      await site.close();
    }
  }, 90_000);

  test('SIGKILL while the table is read, and while it is written: every row once', async () => {
    const site = await createTwoTurnSite({ rows: 150_000, latencyMs: [1, 5], seed: 12 });
    try {
      await killWhileReadingAndWriting(site);
    } finally {
      await site.close();
    }
  }, 90_000);

  test('SIGSTOP for longer than the lease: after SIGCONT it neither sends nor writes', async () => {
    const site = await createTwoTurnSite({ rows: 120, latencyMs: [30, 120], seed: 5 });
    try {
      await stopAndTakeOver(site);
    } finally {
      await site.close();
    }
  }, 90_000);
});

/** Kills the process as soon as its batch is seen in a state, and gives back the batch as it was left. */
async function killWhen(
  site: TwoTurnSite,
  one: RowmillProcess,
  holds: (batch: BatchRecord) => boolean,
): Promise<BatchRecord> {
  let batch: BatchRecord | undefined;
  await until(
    async () => {
      [batch] = await site.store.listBatches({ limit: 1 });
      return batch !== undefined && holds(batch);
    },
    'the state to be killed in',
    { by: one },
  );
  one.child.kill('SIGKILL');
  await one.ended;
  [batch] = await site.store.listBatches({ limit: 1 });
  if (batch === undefined) throw new Error('There is no batch.');
  return batch;
}

async function killWhileReadingAndWriting(site: TwoTurnSite): Promise<void> {
  const { words } = site;
  const loading = await killWhen(
    site,
    site.rowmill(...RUN, '--sample', '5'),
    (batch) => batch.status === 'loading' && batch.totals.rows > 0,
  );
  expect(loading.status).toBe('loading');
  expect(loading.totals.rows).toBeLessThan(words.length);
  const sampled = await site.json('batches', 'resume', loading.id);
  expect(sampled).toMatchObject({
    status: 'paused',
    pause_reason: 'sample',
    counts: { total: words.length, succeeded: 5, queued: words.length - 5 },
  });

  const cancelling = site.rowmill('batches', 'cancel', loading.id);
  await killWhen(site, cancelling, (batch) => batch.status === 'aggregating');
  const resuming = site.rowmill('batches', 'resume', loading.id);
  const writing = await killWhen(site, resuming, (batch) => batch.owner?.pid === resuming.pid);
  expect(writing.status).toBe('aggregating');
  expect(await site.json('batches', 'resume', loading.id)).toMatchObject({
    status: 'cancelled',
    counts: { total: words.length, succeeded: 5, queued: words.length - 5, failed: 0 },
  });
  const expected = words.map((word, index) =>
    index < 5 ? [word, `echo:${word}`, 'SUCCESS', ''] : [word, '', 'NOT_RUN', ''],
  );
  expect(tableOf(await site.read('out.csv'))).toEqual(expected);
  expect(site.modelCalls).toHaveLength(10);
}

async function killFiveTimes(site: TwoTurnSite, seed: number): Promise<void> {
  const { store, modelCalls, toolCalls, words } = site;
  const random = mulberry32(seed);
  const total = 2 * words.length;
  const moments = Array.from({ length: 5 }, () => Math.floor(random() * 0.9 * total)).toSorted((a, b) => a - b);
  const keyed = [...RUN, '--idempotency-key', 'once'];
  const inFlight: number[] = [];
  let lost = 0;
  let id = '';
  for (const [index, moment] of moments.entries()) {
    // Each way to go on with a batch whose process died: its own command, the same start again, the detached runner.
    const go = index === 0 ? keyed : ([['batches', 'resume', id], keyed, ['runner']] as const)[index % 3];
    const before = modelCalls.length;
    const one = site.rowmill(...(go ?? keyed));
    await until(() => modelCalls.length >= Math.max(moment, before + 3), `model call ${moment}`, { by: one });
    await new Promise((resolve) => setTimeout(resolve, random() * 30));
    one.child.kill('SIGKILL');
    expect((await one.ended).signal).toBe('SIGKILL');
    const [batch] = await store.listBatches({ limit: 1 });
    if (batch === undefined) throw new Error('There is no batch.');
    id = batch.id;
    inFlight.push(batch.totals.openCalls - lost);
    lost = batch.totals.openCalls;
    expect(batch.totals.openCalls).toBeLessThanOrEqual(CONCURRENCY * (index + 1));
  }
  const report = await site.json('batches', 'resume', id);

  expect(report).toMatchObject({
    status: 'completed',
    counts: { total: words.length, succeeded: words.length, failed: 0, queued: 0, running: 0 },
    model_calls: total,
    tool_calls: words.length,
  });
  expect(tableOf(await site.read('out.csv'))).toEqual(expectedTable(words));

  const entries = await store.readJournalByPrefix(`${id}/`);
  const open = (kind: 'model' | 'tool') =>
    entries.filter((entry) => entry.kind === kind).reduce((sum, entry) => sum + entry.openSends, 0);
  const repeated = { model: modelCalls.length - total, tool: toolCalls.length - words.length };
  expect(open('model') + open('tool')).toBe(lost);
  expect(repeated.model).toBeLessThanOrEqual(open('model'));
  expect(repeated.tool).toBeLessThanOrEqual(open('tool'));
  // No call was left out.
  expect(new Set(toolCalls.map((call) => call.q)).size).toBe(words.length);
  expect(new Set(modelCalls.map((call) => `${call.q} ${call.turn}`)).size).toBe(total);

  const charged = modelCalls.reduce((sum, call) => sum + call.costMicroUsd, 0) / 1e6;
  const byCall = new Map(modelCalls.map((call) => [`${call.q} ${call.turn}`, call.costMicroUsd]));
  const answered = [...byCall.values()].reduce((sum, cost) => sum + cost, 0) / 1e6;
  expect(report.cost_usd).toBeCloseTo(answered, 9);
  expect(report.cost_usd).toBeLessThanOrEqual(charged + 1e-9);
  expect(report.cost_usd_at_most).toBeGreaterThanOrEqual(charged - 1e-9);
  process.stdout.write(
    `kills at model calls ${moments.join(', ')}; in flight ${inFlight.join(', ')}; repeated: ${repeated.model} model calls, ` +
      `${repeated.tool} tool calls; bill ${report.cost_usd} ≤ charged ${charged.toFixed(6)} ≤ ${report.cost_usd_at_most}\n`,
  );
}

async function stopAndTakeOver(site: TwoTurnSite): Promise<void> {
  const { store, modelCalls, toolCalls, words } = site;
  const sentBy = (who: string) => [...modelCalls, ...toolCalls].filter((call) => call.who === who).length;
  const first = site.rowmill(...RUN);
  await until(() => modelCalls.length > 40, 'the first calls', { by: first });
  await stopProcess(first, site, 'outside');
  const [batch] = await store.listBatches({ limit: 1 });
  const id = batch?.id ?? '';
  await until(async () => (await store.listLapsedBatches()).includes(id), 'the lapse of its lease', {
    timeoutMs: 25_000,
  });
  const sentBefore = sentBy('first');

  const second = site.rowmillWith({ ANTHROPIC_API_KEY: 'second', WHO: 'second' }, 'batches', 'resume', id, '--json');
  await until(() => sentBy('second') > 10, 'the calls of the second', { by: second });
  first.child.kill('SIGCONT');
  expect((await first.ended).code).toBe(1);
  expect(first.stderr()).toContain('taken over by another process');
  const { json: report } = await second.ended;

  // One call may stand between the last check and the socket (docs/reliability.md): a process that goes on sends many.
  expect(sentBy('first') - sentBefore).toBeLessThanOrEqual(1);
  expect(report).toMatchObject({ status: 'completed', counts: { succeeded: words.length, failed: 0 } });
  expect(tableOf(await site.read('out.csv'))).toEqual(expectedTable(words));
  const repeated = modelCalls.length + toolCalls.length - 3 * words.length;
  expect(repeated).toBeLessThanOrEqual(CONCURRENCY);
  process.stdout.write(`stopped with ${repeated} calls in flight, which the second process sent again\n`);
}
