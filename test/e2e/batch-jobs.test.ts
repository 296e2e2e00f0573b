import { describe, expect, test } from 'vitest';
import { BATCH_PROVIDERS, type BatchSite, createBatchSite, PRICE, wordOf } from './batch-site.ts';

const ROWS = 2_500;
const RUN = ['run', 'table.csv', '--agent', 'echo', '--out', 'out.csv', '--mode', 'batch', '--yes'];
const JOBS = ['--batch-job-requests', '700', '--batch-jobs', '3'];
/** Where the process is killed, one after the other: at each step of building, creating, waiting and taking in. */
const KILLS = ['parked:2', 'before-create', 'after-create', 'job-open', 'harvesting:2', 'harvested', 'before-rename'];
/** Of one answer, in dollars, in real time. */
const CALL_USD = (100 * PRICE.input + 20 * PRICE.output) / 1e6;

async function expectWhole({ server, words, read }: BatchSite): Promise<void> {
  const lines = (await read('out.csv')).trim().split('\n').slice(1);
  expect(lines.map((line) => line.split(',').slice(0, 3))).toEqual(words.map((word) => [word, `${word}!`, 'SUCCESS']));
  const sent = [...server.realtime, ...server.jobs.flatMap(({ items }) => items.map(({ request }) => request))];
  expect(sent.map(wordOf).toSorted()).toEqual(words.toSorted());
}

describe('rows through the batch API of', () => {
  test.each(BATCH_PROVIDERS)(
    '$name: whole, in order and paid once, though the process is killed at every step',
    async (provider) => {
      const site = await createBatchSite(provider, { rows: ROWS });
      try {
        let args = [...RUN, ...JOBS, '--idempotency-key', 'once'];
        for (const failpoint of KILLS) {
          const variables = { ROWMILL_TESTING: 'failpoints', ROWMILL_FAILPOINT: failpoint };
          const killed = await site.rowmillWith(variables, ...args, '--json').ended;
          expect([failpoint, killed.signal]).toEqual([failpoint, 'SIGKILL']);
          args = [...RUN, ...JOBS, '--idempotency-key', 'once'];
        }
        const report = await site.json(...args);
        expect(report).toMatchObject({ status: 'completed', counts: { total: ROWS, succeeded: ROWS } });
        await expectWhole(site);
        // One row found out in real time what the model takes; all others cost half.
        expect(report.cost_usd).toBeCloseTo(CALL_USD * (1 + (ROWS - 1) / 2), 9);
        expect(report.cost_usd_at_most).toBe(report.cost_usd);
        expect(report['batch_calls']).toBe(ROWS - 1);
        const { savings } = (await site.json('batches', 'list')) as unknown as { savings: { batch_api_usd: number } };
        expect(savings.batch_api_usd).toBe(report['discount_usd']);
        expect(report['discount_usd']).toBeCloseTo((CALL_USD * (ROWS - 1)) / 2, 9);
      } finally {
        await site.close();
      }
    },
    120_000,
  );
});
