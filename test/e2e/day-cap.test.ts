import { expect, test } from 'vitest';
import { BATCH_PROVIDERS, createBatchSite, PRICE } from './batch-site.ts';

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
