import { parse } from 'csv-parse/sync';
import { afterEach, describe, expect, test } from 'vitest';
import { openAiBatchFormat } from '../support/providers/batch-openai.ts';
import { type BatchServer, startBatchServer } from '../support/providers/batch-server.ts';
import { vectorAnswer, vectorOf } from '../support/providers/embeddings-format.ts';
import { responsesFormat } from '../support/providers/responses-format.ts';
import { createSite, type Site } from './rowmill-process.ts';

const AGENTS = `agents:
  - name: embedder
    model: text-embedding-3-large
    prompt: {user: "{title}: {text}", placeholders: [title, text]}
    structured_output:
      schema: {type: object, properties: {embedding: {type: array, items: {type: number}}}, required: [embedding]}
`;
const DIMENSIONS = 3072;
const TOKENS = 11;
/** Of text-embedding-3-large: $0.13 for a million tokens. */
const CALL_USD = (TOKENS * 0.13) / 1_000_000;
const ROWS = Array.from({ length: 12 }, (_, row) => ({ title: `Title ${row}`, text: `says "${row}", and\nmore` }));
const textOf = ({ title, text }: { title: string; text: string }) => `${title}: ${text}`;

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const part of opened.splice(0).toReversed()) await part.close();
});

async function open(): Promise<{ site: Site; server: BatchServer }> {
  const server = await startBatchServer({
    createFormat: openAiBatchFormat,
    realtime: responsesFormat,
    respond: ({ messages }) => vectorAnswer(vectorOf(String(messages[0]?.content), DIMENSIONS), TOKENS),
  });
  opened.push(server);
  const site = await createSite(AGENTS, {
    OPENAI_API_KEY: 'key-1',
    OPENAI_BASE_URL: `${server.url}/v1`,
    ROWMILL_BATCH_POLL_SECONDS: '0.05',
  });
  opened.push(site);
  const quoted = ROWS.map(({ title, text }) => `${title},"${text.replaceAll('"', '""')}"`);
  await site.write('table.csv', `title,text\n${quoted.join('\n')}\n`);
  return { site, server };
}

describe('a table of texts', () => {
  test.each([
    ['realtime', { jobs: [], now: 12, usd: 12 * CALL_USD }],
    ['batch', { jobs: [11], now: 1, usd: CALL_USD + (11 * CALL_USD) / 2 }],
  ])(
    'comes back with a vector of 3,072 numbers for each row, with --mode %s',
    async (mode, expected) => {
      const { site, server } = await open();
      const run = ['run', 'table.csv', '--agent', 'embedder', '--out', 'out.csv', '--mode', mode, '--yes'];
      const report = await site.json(...run);
      expect(report).toMatchObject({ status: 'completed', counts: { succeeded: 12, failed: 0 } });
      const rows = parse(await site.read('out.csv'), { columns: true }) as Record<string, string>[];
      expect(rows.map(({ title, text }) => ({ title, text }))).toEqual(ROWS);
      expect(rows.map(({ embedding }) => JSON.parse(embedding ?? '') as number[])).toEqual(
        ROWS.map((row) => vectorOf(textOf(row), DIMENSIONS)),
      );
      expect(rows.every(({ _status }) => _status === 'SUCCESS')).toBe(true);
      expect(server.jobs.map(({ items }) => items.length)).toEqual(expected.jobs);
      expect(server.realtime).toHaveLength(expected.now);
      expect(report.cost_usd).toBeCloseTo(expected.usd, 12);
      expect(report.cost_usd_at_most).toBe(report.cost_usd);
    },
    60_000,
  );
});
