import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'csv-parse/sync';
import { createSilentLog } from '../../src/base/log.ts';
import { createPriceTable } from '../../src/providers/prices/prices.ts';
import { openSqliteStore } from '../../src/storage/sqlite/open-sqlite-store.ts';
import type { Store } from '../../src/storage/store.ts';
import { hasToolResult, inputOf, twoTurnAnswer } from '../support/echo-agent.ts';
import { mulberry32, startMessagesServer } from '../support/messages-server.ts';
import { createSite, type Site } from './rowmill-process.ts';

const MODEL = 'claude-haiku-5-5';

const AGENTS = `
agents:
  - name: counter
    model: ${MODEL}
    instructions: Count, then answer.
    input: {type: object, properties: {q: {type: string}}, required: [q]}
    tools:
      - http:
          name: count
          description: Counts.
          url: "\${TOOL_URL}/count?q={q}&who=\${WHO}"
          input: {type: object, properties: {q: {type: string}}, required: [q]}
    structured_output:
      enabled: true
      schema: {type: object, properties: {answer: {type: string}}, required: [answer]}
`;

/** A call that a server received. */
export interface Received {
  /** The row's word. */
  q: string;
  /** Which process sent it: the `WHO` of its environment. */
  who: string;
}

/** A site with a two-turn agent whose model and tool are servers of the test that count what they receive. */
export interface TwoTurnSite extends Site {
  /** The batches of its data directory. */
  store: Store;
  /** Every model call, with its turn and what a provider would charge for it, in micro-dollars. */
  modelCalls: (Received & { turn: number; costMicroUsd: number })[];
  toolCalls: Received[];
  /** Of the model: how many calls it has open now. */
  modelStats: { readonly inFlight: number };
  /** The words of the table, in order. */
  words: string[];
}

export async function createTwoTurnSite(options: {
  rows: number;
  latencyMs: readonly [number, number];
  seed: number;
  /** Model calls after the first so many are answered once the promise resolves. */
  held?: { after: number; until: Promise<void> };
}): Promise<TwoTurnSite> {
  const { rows, latencyMs, seed, held } = options;
  const prices = createPriceTable();
  const modelCalls: TwoTurnSite['modelCalls'] = [];
  const model = await startMessagesServer({
    latencyMs,
    seed,
    respond: async (request, { headers, number }) => {
      const q = String(inputOf(request)['q']);
      const turn = hasToolResult(request) ? 1 : 0;
      const usage = { inputTokens: 400 + 37 * turn + q.length, outputTokens: 20 + turn };
      const none = { cacheWriteTokens: 0, cacheReadTokens: 0 };
      const costMicroUsd = prices.priceOf('anthropic', MODEL, { ...usage, ...none }) ?? Number.NaN;
      modelCalls.push({ q, turn, costMicroUsd, who: keyOf(headers) });
      if (held !== undefined && number > held.after) await held.until;
      return {
        ...twoTurnAnswer(request),
        usage: { input_tokens: usage.inputTokens, output_tokens: usage.outputTokens },
      };
    },
  });
  const tool = await startToolServer(latencyMs, seed);
  const words = Array.from({ length: rows }, (_, index) => `word${index}`);
  const site = await createSite(AGENTS, {
    ANTHROPIC_BASE_URL: model.url,
    ANTHROPIC_API_KEY: 'first',
    TOOL_URL: tool.url,
    WHO: 'first',
  });
  await site.write('table.csv', ['q', ...words, ''].join('\n'));
  const store = await openSqliteStore({
    path: `${site.env['ROWMILL_DATA_DIR']}/rowmill.db`,
    now: Date.now,
    log: createSilentLog(),
  });
  return {
    ...site,
    store,
    modelCalls,
    modelStats: model.stats,
    toolCalls: tool.calls,
    words,
    close: async () => {
      await store.close();
      await site.close();
      await model.close();
      tool.close();
    },
  };
}

function keyOf(headers: NodeJS.Dict<string | string[]>): string {
  return String(headers['x-api-key'] ?? headers['authorization']).replace(/^Bearer /, '');
}

async function startToolServer([least, most]: readonly [number, number], seed: number) {
  const random = mulberry32(seed + 1);
  const calls: Received[] = [];
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://localhost');
    const q = searchParams.get('q') ?? '';
    calls.push({ q, who: searchParams.get('who') ?? '' });
    sleep(least + (most - least) * random()).then(
      () => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ seen: q })),
      (fault: unknown) => response.destroy(fault instanceof Error ? fault : undefined),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** What the table must hold when every row has its own answer. */
export function expectedTable(words: readonly string[]): string[][] {
  return words.map((word) => [word, `echo:${word}`, 'SUCCESS', '']);
}

/** The output table without header and processing times. */
export function tableOf(csv: string): string[][] {
  const [, ...rows] = parse(csv) as string[][];
  return rows.map(([q = '', answer = '', status = '', _time, error = '']) => [q, answer, status, error]);
}
