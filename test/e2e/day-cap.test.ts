import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { BATCH_PROVIDERS, createBatchSite, PRICE } from './batch-site.ts';
import { until } from './rowmill-process.ts';
import { createTwoTurnSite, expectedTable, type TwoTurnSite, tableOf } from './two-turn-site.ts';

const ROWS = 300;
/** Of one answer, in dollars, in real time; a provider job takes half. */
const CALL_USD = (100 * PRICE.input + 20 * PRICE.output) / 1e6;
const RUN = ['run', 'table.csv', '--agent', 'echo', '--out', 'out.csv', '--mode', 'batch', '--yes', '--json'];

test('the cap of a day holds for provider jobs: what waits in a job counts at its worst price', async () => {
  const [anthropic] = BATCH_PROVIDERS;
  if (anthropic === undefined) throw new Error('There is a provider.');
  const site = await createBatchSite(anthropic, { rows: ROWS });
  try {
    const capUsd = CALL_USD * 100;
    const capped = await site.rowmillWith({ ROWMILL_MAX_USD_PER_DAY: String(capUsd) }, ...RUN).ended;
    expect(capped.code).toBe(4);
    const { json: paused } = capped;
    if (paused === undefined) throw new Error('It printed no report.');
    expect(paused).toMatchObject({
      ...{ status: 'paused', pause_reason: 'budget' },
      error: { code: 'budget_reached', message: expect.stringContaining('ROWMILL_MAX_USD_PER_DAY') },
    });
    const inJobs = site.server.jobs.reduce((sum, { items }) => sum + items.length, 0);
    expect(inJobs).toBeGreaterThan(0);
    expect(paused.cost_usd_at_most).toBeLessThanOrEqual(capUsd);
    expect(paused.cost_usd).toBeCloseTo(CALL_USD * (site.server.realtime.length + inJobs / 2), 9);
    const rest = { ROWMILL_MAX_USD_PER_DAY: String(CALL_USD * ROWS * 100) };
    const done = await site.rowmillWith(rest, 'batches', 'resume', paused.batch_id, '--yes', '--json').ended;
    expect(done.json).toMatchObject({ status: 'completed', counts: { succeeded: ROWS } });
  } finally {
    await site.close();
  }
}, 120_000);

test('the cap of a day holds when processes are killed: its sums equal the ledger, lost calls at their worst price', async () => {
  const site = await createTwoTurnSite({ rows: 100, latencyMs: [5, 40], seed: 7 });
  try {
    // The worst price of a call is near its cost, so that the cap is reached by answers, too.
    const agents = (await site.read('agents.yaml')).replace(
      'model: claude-haiku-5-5',
      'model: {provider: anthropic, model: claude-haiku-5-5, max_tokens: 100}',
    );
    await site.write('agents.yaml', agents);
    await killAndReachCap(site);
  } finally {
    await site.close();
  }
}, 120_000);

/** Less than the 200 calls of the table cost, and more than what three kills can lose. */
const CAP_USD = 0.008;

async function killAndReachCap(site: TwoTurnSite): Promise<void> {
  const { modelCalls, words } = site;
  const run = ['run', 'table.csv', '--agent', 'counter', '--out', 'out.csv', '--concurrency', '4'];
  const keyed = [...run, '--idempotency-key', 'once', '--json'];
  const cap = { ROWMILL_MAX_USD_PER_DAY: String(CAP_USD) };
  for (const calls of [15, 30, 45]) {
    const one = site.rowmillWith(cap, ...keyed);
    await until(() => modelCalls.length >= calls, `model call ${calls}`, { by: one });
    one.child.kill('SIGKILL');
    await one.ended;
    await compareWithLedger(site);
  }
  const { code, json: paused } = await site.rowmillWith(cap, ...keyed).ended;
  expect({ code, paused }).toMatchObject({
    ...{ code: 4, paused: { status: 'paused', pause_reason: 'budget', error: { code: 'budget_reached' } } },
  });
  const { openCalls, atMostUsd } = await compareWithLedger(site);
  const chargedUsd = () => modelCalls.reduce((sum, { costMicroUsd }) => sum + costMicroUsd, 0) / 1e6;
  expect(openCalls).toBeGreaterThan(0);
  expect(chargedUsd()).toBeLessThanOrEqual(atMostUsd);
  expect(atMostUsd).toBeLessThanOrEqual(CAP_USD);

  const higher = { ROWMILL_MAX_USD_PER_DAY: '1' };
  const done = await site.rowmillWith(higher, 'batches', 'resume', paused?.batch_id ?? '', '--json').ended;
  expect(done.json).toMatchObject({ status: 'completed', counts: { succeeded: words.length } });
  expect(tableOf(await site.read('out.csv'))).toEqual(expectedTable(words));
  expect((await compareWithLedger(site)).atMostUsd).toBeGreaterThanOrEqual(chargedUsd());
}

/** Compares the sums of the days with the journal and the totals of the only batch. The test may run over midnight. */
async function compareWithLedger({ store, env }: TwoTurnSite): Promise<{ openCalls: number; atMostUsd: number }> {
  const [batch] = await store.listBatches({ limit: 1 });
  if (batch === undefined) throw new Error('There is no batch.');
  const entries = await store.readJournalByPrefix(`${batch.id}/`);
  const answered = entries.reduce((sum, { answer }) => sum + (answer?.costMicroUsd ?? 0), 0);
  const db = new DatabaseSync(`${env['ROWMILL_DATA_DIR']}/rowmill.db`);
  const days = db
    .prepare('SELECT total(cost_pico_usd) / 1e6 AS cost, total(open_pico_usd) / 1e6 AS open FROM day_spending')
    .get() as { cost: number; open: number };
  db.close();
  expect(days.cost).toBeCloseTo(answered, 6);
  expect(days.open).toBeCloseTo(batch.totals.openWorstMicroUsd, 6);
  return { openCalls: batch.totals.openCalls, atMostUsd: (days.cost + days.open) / 1e6 };
}
