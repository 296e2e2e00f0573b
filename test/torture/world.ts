import { randomInt } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'csv-stringify/sync';
import { createSilentLog } from '../../src/base/log.ts';
import { createPriceTable } from '../../src/providers/prices/prices.ts';
import { openSqliteStore } from '../../src/storage/sqlite/open-sqlite-store.ts';
import type { Store } from '../../src/storage/store.ts';
import { createSite, type RowmillProcess, type Site } from '../e2e/rowmill-process.ts';
import { hasToolResult, inputOf, twoTurnAnswer } from '../support/echo-agent.ts';
import { type Fault, mulberry32, startMessagesServer } from '../support/messages-server.ts';
import type { WireAnswer, WireRequest } from '../support/messages-wire.ts';

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

/** A model call as the server saw it. */
export interface ModelCall {
  /** The server's own number of the request, which stands in its `request-id`. */
  number: number;
  /** The row's word. */
  q: string;
  /** Messages of the transcript: two calls of one row with one depth are the same call. */
  depth: number;
  /** Which process sent it. */
  who: string;
  at: number;
  costMicroUsd: number;
  /** What was done instead of answering, if anything. */
  fault: string | null;
  /** The whole answer was handed to the network. */
  delivered: boolean;
}

/** A tool call as its server saw it. */
export interface ToolCall {
  q: string;
  who: string;
  at: number;
  /** The whole answer was handed to the network. */
  delivered: boolean;
}

/** A table on the disk, and what it was written from. */
export interface Table {
  name: string;
  /** Where its output goes, in the folder `out`. */
  out: string;
  columns: string[];
  rows: string[][];
}

/** What the model server does with a call that is not simply answered. */
type Trouble = (call: ModelCall, request: WireRequest) => Handled | Promise<Handled>;
type Handled = Fault | WireAnswer | undefined;

export interface World extends Site {
  seed: number;
  /** Of the model and of the tool. */
  ports: number[];
  random: () => number;
  modelCalls: ModelCall[];
  toolCalls: ToolCall[];
  /** Starts a process whose requests carry its own name. */
  start(who: string, args: string[], variables?: Record<string, string>): RowmillProcess;
  /** @param padding ends the last cell of each row */
  table(rows: number, padding?: string): Promise<Table>;
  /** The store of the data directory, opened on first use. */
  store(): Promise<Store>;
}

export interface WorldOptions {
  seed: number;
  latencyMs: readonly [number, number];
  trouble?: Trouble;
  /** The agents of its processes. Default: a counter with a tool over HTTP. */
  agents?: string;
  /** The address of the model. Default: the loopback address. */
  host?: string;
}

/** Cells that a careless table would change. */
const AWKWARD = [
  '',
  ' a ',
  '007',
  '1e5',
  'a,b',
  'say "no"',
  'two\nlines',
  'tab\there',
  '=1+1',
  'ÄÖ € 漢字 🙂',
  'null',
  '\\',
];

/** A folder, a data directory, and a model and a tool that keep a log of every request. */
export async function createWorld(options: WorldOptions): Promise<World> {
  const { seed, latencyMs } = options;
  const random = mulberry32(seed);
  const modelCalls: ModelCall[] = [];
  const model = await startModel(options, modelCalls);
  const tool = await startTool(latencyMs, seed);
  const site = await createSite(options.agents ?? AGENTS, {
    ANTHROPIC_BASE_URL: model.url,
    TOOL_URL: tool.url,
    WHO: 'first',
  });
  await mkdir(join(site.folder, 'out'));
  let store: Promise<Store> | undefined;
  let tables = 0;
  return {
    ...site,
    seed,
    ports: [model.url, tool.url].map((url) => Number(new URL(url).port)),
    random,
    modelCalls,
    toolCalls: tool.calls,
    start: (who, args, variables = {}) => site.rowmillWith({ ANTHROPIC_API_KEY: who, WHO: who, ...variables }, ...args),
    async table(count, padding = '') {
      const number = tables++;
      const columns = ['id', 'q', 'awkward "cell", quoted'];
      const rows = Array.from({ length: count }, (_, row) => [
        String(row).padStart(5, '0'),
        `t${number}r${row}`,
        `${AWKWARD[Math.floor(random() * AWKWARD.length)]}${padding}`,
      ]);
      const table = { name: `table-${number}.csv`, out: `out/table-${number}.csv`, columns, rows };
      await site.write(table.name, stringify([columns, ...rows]));
      return table;
    },
    store: () => {
      const path = `${site.env['ROWMILL_DATA_DIR']}/rowmill.db`;
      store ??= openSqliteStore({ path, now: Date.now, log: createSilentLog() });
      return store;
    },
    close: async () => {
      await (await store)?.close();
      await site.close();
      await model.close();
      tool.close();
    },
  };
}

async function startModel({ seed, latencyMs, trouble, host }: WorldOptions, calls: ModelCall[]) {
  const prices = createPriceTable();
  return startMessagesServer({
    latencyMs,
    seed,
    ...(host !== undefined && { host }),
    onDelivered: (number) => {
      const call = calls[number - 1];
      if (call !== undefined) call.delivered = true;
    },
    respond: async (request, { number, headers }) => {
      const q = String(inputOf(request)['q']);
      const depth = request.messages.length;
      const turn = hasToolResult(request) ? 1 : 0;
      const usage = { inputTokens: 400 + 37 * turn + q.length + depth, outputTokens: 20 + turn };
      const none = { cacheWriteTokens: 0, cacheReadTokens: 0 };
      const call: ModelCall = {
        number,
        q,
        depth,
        who: String(headers['x-api-key'] ?? headers['authorization']).replace(/^Bearer /, ''),
        at: performance.now(),
        costMicroUsd: prices.priceOf('anthropic', MODEL, { ...usage, ...none }) ?? Number.NaN,
        fault: null,
        delivered: false,
      };
      calls[number - 1] = call;
      const troubled = await trouble?.(call, request);
      if (troubled !== undefined && 'fault' in troubled) {
        call.fault = troubled.fault === 'status' ? String(troubled.status) : troubled.fault;
        return troubled;
      }
      const answer = troubled ?? twoTurnAnswer(request);
      return { ...answer, usage: { input_tokens: usage.inputTokens, output_tokens: usage.outputTokens } };
    },
  });
}

async function startTool([least, most]: readonly [number, number], seed: number) {
  const random = mulberry32(seed + 1);
  const calls: ToolCall[] = [];
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://localhost');
    const q = searchParams.get('q') ?? '';
    const call = { q, who: searchParams.get('who') ?? '', at: performance.now(), delivered: false };
    calls.push(call);
    response.on('finish', () => {
      call.delivered = true;
    });
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

/** A seed for a run that was given none. */
export function drawSeed(): number {
  return randomInt(1, 1_000_000);
}
