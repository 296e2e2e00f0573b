import { describe, expect, test } from 'vitest';
import type { BatchServerOptions } from '../support/providers/batch-server.ts';
import type { ItemFault } from '../support/providers/provider-jobs.ts';
import { BATCH_PROVIDERS, type BatchSite, createBatchSite, echoed, PRICE, wordOf } from './batch-site.ts';

const ROWS = 2_500;
const RUN = ['run', 'table.csv', '--agent', 'echo', '--out', 'out.csv', '--mode', 'batch', '--yes'];
const JOBS = ['--batch-job-requests', '700', '--batch-jobs', '3'];
/** Where the process is killed, one after the other: at each step of building, creating, waiting and taking in. */
const KILLS = ['parked:2', 'before-create', 'after-create', 'job-open', 'harvesting:2', 'harvested', 'before-rename'];
/** What becomes of a row at first, by its number. */
const FAULTS: { [number: number]: ItemFault } = {
  1: { item: 'expired' },
  2: { item: 'missing' },
  3: { item: 'broken' },
  4: { item: 'refused', kind: 'overloaded' },
};
/** Of one answer, in dollars, in real time. */
const CALL_USD = (100 * PRICE.input + 20 * PRICE.output) / 1e6;

async function expectWhole({ server, words, read }: BatchSite): Promise<void> {
  const lines = (await read('out.csv')).trim().split('\n').slice(1);
  expect(lines.map((line) => line.split(',').slice(0, 3))).toEqual(words.map((word) => [word, `${word}!`, 'SUCCESS']));
  const sent = [...server.realtime, ...server.jobs.flatMap(({ items }) => items.map(({ request }) => request))];
  expect(sent.map(wordOf).toSorted()).toEqual(words.toSorted());
  // The agent has no tools of its own, so every answer is asked for in the provider's own structured form.
  expect(new Set(sent.map(({ output_config: output, tools }) => `${output?.format?.type} ${tools}`))).toEqual(
    new Set(['json_schema undefined']),
  );
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
        // One row found out in real time what the model takes (on Bedrock, whose models have several names, one for each
        // process that sends); all others cost half.
        const batchCalls = Number(report['batch_calls']);
        expect(batchCalls).toBeLessThanOrEqual(ROWS - 1);
        expect(batchCalls).toBeGreaterThanOrEqual(provider.name === 'bedrock' ? ROWS - KILLS.length : ROWS - 1);
        expect(report.cost_usd).toBeCloseTo(CALL_USD * (ROWS - batchCalls / 2), 9);
        expect(report.cost_usd_at_most).toBe(report.cost_usd);
        const { savings } = (await site.json('batches', 'list')) as unknown as { savings: { batch_api_usd: number } };
        expect(savings.batch_api_usd).toBe(report['discount_usd']);
        expect(report['discount_usd']).toBeCloseTo((CALL_USD * batchCalls) / 2, 9);
      } finally {
        await site.close();
      }
    },
    120_000,
  );

  test.each(BATCH_PROVIDERS)(
    '$name: right in the end, though requests expire, go missing, break or are refused, and counts lie',
    async (provider) => {
      const tried = new Set<string>();
      const respond: BatchServerOptions['respond'] = (request, id) => {
        const number = Number(wordOf(request).slice('word-'.length));
        if (number === 77) return { item: 'refused', kind: 'invalid', message: 'this one is not taken' };
        const isFirst = !tried.has(wordOf(request));
        tried.add(wordOf(request));
        if (id === 'realtime' || !isFirst) return echoed(request);
        const fault = FAULTS[number % 8];
        // Gemini's inline results are no lines that could break, and its requests don't expire alone.
        const isForeign = provider.name === 'gemini' && (fault?.item === 'expired' || fault?.item === 'broken');
        return fault === undefined || isForeign ? echoed(request) : fault;
      };
      const site = await createBatchSite(provider, { rows: 1_200, respond, isLying: true });
      try {
        const report = await site.json(...RUN, '--batch-job-requests', '500');
        expect(report).toMatchObject({ status: 'completed', counts: { total: 1_200, succeeded: 1_199, failed: 1 } });
        const lines = (await site.read('out.csv')).trim().split('\n').slice(1);
        expect(lines.map((line) => line.split(',').slice(0, 3))).toEqual(
          site.words.map((word, row) => (row === 77 ? [word, '', 'FAILED'] : [word, `${word}!`, 'SUCCESS'])),
        );
        expect(lines[77]).toContain('this one is not taken');
        // Each row that succeeded has one answer, at one of the two prices.
        const batchCalls = Number(report['batch_calls']);
        expect(batchCalls).toBeGreaterThan(1_000);
        expect(report.cost_usd).toBeCloseTo(CALL_USD * (1_199 - batchCalls / 2), 9);
        // What went missing may have been charged for.
        expect(report.cost_usd_at_most).toBeGreaterThan(report.cost_usd);
      } finally {
        await site.close();
      }
    },
    60_000,
  );
});
