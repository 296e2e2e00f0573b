import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createPriceTable } from '../../src/providers/prices/prices.ts';
import { echoAnswer, inputOf } from '../support/echo-agent.ts';
import { type Fault, startMessagesServer } from '../support/messages-server.ts';
import { NEEDS_MONGO, testMongoUri } from '../support/mongodb.ts';
import { createMongoSite } from './mongo-site.ts';
import { until } from './rowmill-process.ts';

const MODEL = 'claude-haiku-5-5';
const ROWS = Number(process.env['ROWMILL_TEST_MONGODB_ROWS'] ?? 100);
const CONCURRENCY = 8;
const KILLS = 4;
/** The folder of `test/support/mongodb.sh`, where the server of the tests may be killed too. */
const SERVER_DIR = process.env['ROWMILL_TEST_MONGODB_DIR'];
const SCRIPT = fileURLToPath(new URL('../support/mongodb.sh', import.meta.url));

describe.skipIf(testMongoUri === undefined)(
  `a batch over a collection whose processes are killed ${NEEDS_MONGO}`,
  () => {
    it('goes on with its claims: each query has one result and one attempt, and no answered call is repeated', async () => {
      const model = await startCountingModel();
      const site = await createMongoSite({ rows: ROWS, model: MODEL, modelUrl: model.url });
      try {
        const options = ['--batch-size', '20', '--concurrency', String(CONCURRENCY), '--idempotency-key', 'once'];
        for (let kill = 1; kill <= KILLS; kill += 1) {
          const one = site.start(...options);
          const wanted = (kill * ROWS) / (KILLS + 2);
          await until(() => model.answered() >= wanted, `${wanted} answers`, { by: one, timeoutMs: 600_000 });
          if (kill === 2 && SERVER_DIR !== undefined) await killServer(SERVER_DIR);
          else one.child.kill('SIGKILL');
          if (kill === 2 && SERVER_DIR !== undefined) {
            const more = wanted + ROWS / (KILLS + 2) / 2;
            await until(() => model.answered() >= more, `${more} answers`, { by: one, timeoutMs: 600_000 });
            one.child.kill('SIGKILL');
          }
          expect((await one.ended).signal).toBe('SIGKILL');
        }
        const report = await site.run(...options);

        expect(report).toMatchObject({ status: 'completed', counts: { total: ROWS, succeeded: ROWS, failed: 0 } });
        const results = await site.results();
        expect(results).toHaveLength(ROWS);
        expect(new Set(results.map(({ query_id }) => String(query_id))).size).toBe(ROWS);
        const documents = await site.documents();
        const once = documents.filter((one) => one['processed'] === true && one['processing_attempts'] === 1);
        expect(once).toHaveLength(ROWS);
        const { repeated, answeredUsd, chargedUsd } = model.bill();
        // A call in flight when its process was killed may have been answered: no other one is sent again.
        expect(repeated).toBeLessThanOrEqual(KILLS * CONCURRENCY);
        expect(report.model_calls).toBe(ROWS);
        expect(report.cost_usd).toBeCloseTo(answeredUsd, 9);
        expect(report.cost_usd_at_most).toBeGreaterThanOrEqual(chargedUsd - 1e-9);
        process.stdout.write(
          `${ROWS} queries, ${repeated} calls repeated, ${report.cost_usd} of ${chargedUsd} charged\n`,
        );
      } finally {
        await site.close();
        await model.close();
      }
    }, 1_800_000);
  },
);

/** A model that answers every query, with a fault for one call of six, and notes what it charges. */
async function startCountingModel() {
  const prices = createPriceTable();
  const faults: Fault[] = [
    { fault: 'status', status: 529, type: 'overloaded_error' },
    { fault: 'reset' },
    { fault: 'status', status: 500 },
  ];
  const charged = new Map<string, number[]>();
  const server = await startMessagesServer({
    latencyMs: [5, 40],
    seed: 7,
    respond: (request, { number }) => {
      if (number % 6 === 5) return faults[Math.floor(number / 6) % faults.length] ?? { fault: 'reset' };
      const query = String(inputOf(request)['query']);
      const usage = { inputTokens: 100 + query.length, outputTokens: 20, cacheWriteTokens: 0, cacheReadTokens: 0 };
      const cost = prices.priceOf('anthropic', MODEL, usage) ?? Number.NaN;
      charged.set(query, [...(charged.get(query) ?? []), cost]);
      return { ...echoAnswer(request), usage: { input_tokens: usage.inputTokens, output_tokens: usage.outputTokens } };
    },
  });
  return {
    url: server.url,
    close: server.close,
    answered: () => charged.size,
    bill() {
      const all = [...charged.values()];
      const sum = (costs: readonly number[]) => costs.reduce((total, cost) => total + cost, 0) / 1e6;
      return {
        repeated: all.flat().length - all.length,
        answeredUsd: sum(all.map(([first = 0]) => first)),
        chargedUsd: sum(all.flat()),
      };
    },
  };
}

/** Kills the server of the tests and starts it again on its data. */
async function killServer(dir: string): Promise<void> {
  const run = promisify(execFile);
  await run('bash', [SCRIPT, 'kill', dir]);
  await run('bash', [SCRIPT, 'up', dir, new URL(testMongoUri ?? '').port]);
}
