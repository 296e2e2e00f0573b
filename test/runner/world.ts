import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AgentDefinition, agentDefinition } from '../../src/agent/definition.ts';
import { draftAgent } from '../../src/agent/draft-agent.ts';
import { openAgent } from '../../src/agent/open-agent.ts';
import type { Tool } from '../../src/agent/tool.ts';
import { systemClock } from '../../src/base/clock.ts';
import { AppError } from '../../src/base/errors.ts';
import { createSilentLog } from '../../src/base/log.ts';
import type { AssistantBlock, JsonObject, ModelRequest, ModelResponse, Usage } from '../../src/protocol/messages.ts';
import { createPriceTable } from '../../src/providers/prices/prices.ts';
import type { Provider } from '../../src/providers/provider.ts';
import type { BatchOptions } from '../../src/runner/contract/request/options.ts';
import type { BatchRequest } from '../../src/runner/contract/request/request.ts';
import { createRunner } from '../../src/runner/create-runner.ts';
import type { RunnerDeps } from '../../src/runner/deps.ts';
import { createExecutors } from '../../src/runner/execution/executors.ts';
import type { Runner } from '../../src/runner/runner.ts';
import { currentOwner } from '../../src/storage/lease-owner.ts';
import { openSqliteStore } from '../../src/storage/sqlite/open-sqlite-store.ts';
import type { Store } from '../../src/storage/store.ts';
import type { LocationKind } from '../../src/tables/locations/location-kind.ts';
import { createEvents } from '../../src/telemetry/create-events.ts';
import { createTestTables } from '../support/tables.ts';

/** What the model of a test does with one call: blocks to say, or a rejection. */
export type Respond = (
  row: JsonObject,
  context: { request: ModelRequest; signal: AbortSignal; number: number },
) => AssistantBlock[] | Promise<AssistantBlock[]>;

export const USAGE: Usage = { inputTokens: 100, outputTokens: 20, cacheWriteTokens: 0, cacheReadTokens: 0 };
/** What one answer with {@link USAGE} costs on claude-haiku-5-5, in dollars. */
export const CALL_USD = 0.00002;

export const say = (fields: JsonObject): AssistantBlock[] => [
  { type: 'tool_use', id: 'answer', name: 'return_structured_data', input: fields },
];
export const ask = (name: string, input: JsonObject): AssistantBlock[] => [
  { type: 'tool_use', id: `call_${name}`, name, input },
];

/** Answers `{answer: "<q>!"}` to a row `{q}`. */
export const echo: Respond = (row) => say({ answer: `${row['q']}!` });

export interface WorldOptions {
  respond?: Respond;
  /** Fields of the agent definition that differ. */
  agent?: object;
  tools?: Tool[];
  deps?: Partial<RunnerDeps>;
  /** Kinds of places beside files. */
  locations?: readonly LocationKind[];
  /** Told of every write of the store, before it is made: throw to make it fail. */
  intercept?: (method: keyof Store, args: unknown[]) => void | Promise<void>;
}

/** The runner on a real store and real files, with a model that the test plays. */
export interface World {
  folder: string;
  deps: RunnerDeps;
  store: Store;
  runner: Runner;
  /** The rows of all model calls that were sent, in order. */
  sent: JsonObject[];
  atOnce: { now: number; most: number };
  /** The table `q` with one row for each word, by default. */
  request(options?: BatchOptions, overrides?: Partial<BatchRequest>): BatchRequest;
  start(options?: BatchOptions, overrides?: Partial<BatchRequest>): Promise<string>;
  write(name: string, content: string): Promise<string>;
  read(name: string): Promise<string>;
  /** Waits until the owner of a running batch has read what was asked of it before this call. */
  heartbeat(): Promise<void>;
  /** Another process on the same data: a runner with a store and an owner of its own. */
  other(overrides?: Partial<RunnerDeps>): Promise<Runner>;
  close(): Promise<void>;
}

export function testAgent(overrides: object = {}): AgentDefinition {
  return agentDefinition.parse({
    name: 'tester',
    model: { provider: 'anthropic', model: 'claude-haiku-5-5', max_tokens: 100 },
    instructions: 'Answer.',
    input: { type: 'object', properties: { q: { type: 'string' } }, required: ['q'] },
    structured_output: {
      enabled: true,
      schema: { type: 'object', properties: { answer: { type: 'string' } }, required: ['answer'] },
    },
    ...overrides,
  });
}

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'rowmill-runner-')));
  const log = createSilentLog();
  const stores: Store[] = [];
  let beats = 0;
  const openStore = async () => {
    const store = await openSqliteStore({ path: join(folder, 'rowmill.db'), now: Date.now, log });
    stores.push(store);
    return intercepted(store, async (method, args) => {
      if (method === 'renewLease') beats += 1;
      await options.intercept?.(method, args);
    });
  };
  const store = await openStore();
  const tables = createTestTables({
    roots: [folder],
    locations: options.locations ?? [],
    log,
    written: { record: store.recordWritten, find: store.findWritten, writerOf: store.readWriter },
  });
  const { provider, sent, atOnce } = playedModel(options.respond ?? echo);
  const agent = testAgent(options.agent);
  const deps: RunnerDeps = {
    store,
    tables,
    findAgent: async (name) => {
      if (name !== agent.name) throw new AppError('agent_not_found', `There is no agent "${name}".`);
      return agent;
    },
    openAgent: async (definition, toolSpecs) =>
      openAgent({
        definition,
        toolSet: { tools: options.tools ?? [], close: async () => undefined },
        ...(toolSpecs === null ? {} : { toolSpecs }),
        log,
      }),
    draftAgent: (definition, toolSpecs) => draftAgent(definition, toolSpecs, log),
    provider: async () => provider,
    executors: createExecutors(),
    prices: createPriceTable(),
    owner: currentOwner(),
    heartbeatMs: 5,
    clock: systemClock,
    random: () => 0,
    newId: (prefix) => `${prefix}_${crypto.randomUUID().replaceAll('-', '').slice(0, 20)}`,
    log,
    events: createEvents({ log }),
    resultsDir: folder,
    ...options.deps,
  };
  const runner = createRunner(deps);
  const request: World['request'] = (batchOptions, overrides) => ({
    csv_uri: join(folder, 'table.csv'),
    target: { type: 'agent', name: 'tester' },
    output_uri: join(folder, 'out.csv'),
    ...(batchOptions === undefined ? {} : { options: batchOptions }),
    ...overrides,
  });
  return {
    folder,
    deps,
    store: deps.store,
    runner,
    sent,
    atOnce,
    request,
    start: async (batchOptions, overrides) => (await runner.create(request(batchOptions, overrides))).report.batch_id,
    write: async (name, content) => {
      await writeFile(join(folder, name), content);
      return join(folder, name);
    },
    read: (name) => readFile(join(folder, name), 'utf8'),
    // The first beat that begins from now on reads it; the second begins when the first has handed it on.
    heartbeat: async () => {
      const enough = beats + 2;
      await until(() => beats >= enough, 'two more heartbeats');
    },
    other: async (overrides = {}) =>
      createRunner({ ...deps, store: await openStore(), owner: currentOwner(), ...overrides }),
    close: async () => {
      await tables.close();
      for (const store of stores) await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function playedModel(respond: Respond): { provider: Provider; sent: JsonObject[]; atOnce: World['atOnce'] } {
  const sent: JsonObject[] = [];
  const atOnce = { now: 0, most: 0 };
  const provider: Provider = {
    name: 'anthropic',
    async respond(request, { signal }): Promise<ModelResponse> {
      const row = rowOf(request);
      sent.push(row);
      atOnce.now += 1;
      atOnce.most = Math.max(atOnce.most, atOnce.now);
      try {
        const content = await respond(row, { request, signal, number: sent.length });
        return { content, stopReason: 'tool_use', usage: USAGE, model: request.model };
      } finally {
        atOnce.now -= 1;
      }
    },
    close: async () => undefined,
  };
  return { provider, sent, atOnce };
}

/** The row of a request: the JSON of its first message; of a prompt, `{prompt}`. */
export function rowOf(request: ModelRequest): JsonObject {
  const content = String(request.messages[0]?.content);
  try {
    return JSON.parse(content) as JsonObject;
  } catch {
    return { prompt: content };
  }
}

/** Whether a tool has answered in this run. */
export function isSecondTurn(request: ModelRequest): boolean {
  return request.messages.length > 1;
}

function intercepted(store: Store, intercept: NonNullable<WorldOptions['intercept']>): Store {
  return new Proxy(store, {
    get(target, name: keyof Store) {
      const method = target[name] as ((...args: unknown[]) => unknown) | undefined;
      // A promise that resolves to the store asks it for `then`.
      if (typeof method !== 'function') return method;
      if (name === 'waitLonger') return target.waitLonger;
      return async (...args: unknown[]) => {
        await intercept(name, args);
        return method.apply(target, args);
      };
    },
  });
}

/** A CSV of one column `q`. */
export function table(words: readonly string[]): string {
  return ['q', ...words, ''].join('\n');
}

/** Words `w0`, `w1`, … */
export function words(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `w${index}`);
}

/** Waits until a condition holds, looking each time the event loop has turned. */
export async function until(holds: () => boolean | Promise<boolean>, what: string, timeoutMs = 10_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`In ${timeoutMs} ms it did not come to: ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** A door that calls wait at until it is opened. */
export function createGate(): {
  wait: (signal?: AbortSignal) => Promise<void>;
  open: () => void;
  waiting: () => number;
} {
  const { promise, resolve } = Promise.withResolvers<void>();
  let waiting = 0;
  return {
    wait: async (signal) => {
      waiting += 1;
      const aborted = new Promise<never>((_, reject) => {
        const abort = () => reject(new AppError('aborted', 'The call was cancelled.', { outcomeUnknown: true }));
        if (signal?.aborted) abort();
        else signal?.addEventListener('abort', abort, { once: true });
      });
      await Promise.race([promise, aborted]);
    },
    open: resolve,
    waiting: () => waiting,
  };
}
