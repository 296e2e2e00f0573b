import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConversationEvent, Conversations } from '../../../src/agent/conversation/conversation.ts';
import { createConversations } from '../../../src/agent/conversation/conversations.ts';
import { agentDefinition } from '../../../src/agent/definition.ts';
import { openAgent } from '../../../src/agent/open-agent.ts';
import type { Tool } from '../../../src/agent/tool.ts';
import { readRun } from '../../../src/app/open-orchestrator.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { AppError } from '../../../src/base/errors.ts';
import { createSilentLog } from '../../../src/base/log.ts';
import type { AssistantBlock, ModelRequest, ModelResponse } from '../../../src/protocol/messages.ts';
import { createPriceTable } from '../../../src/providers/prices/prices.ts';
import type { Provider, RespondOptions } from '../../../src/providers/provider.ts';
import { createBudget } from '../../../src/runner/rows/budget.ts';
import { createRunCalls } from '../../../src/runner/rows/run-journal.ts';
import { createStoreJournal } from '../../../src/runner/rows/store-journal.ts';
import { openSqliteStore } from '../../../src/storage/sqlite/open-sqlite-store.ts';
import type { Store } from '../../../src/storage/store.ts';

/** One answer of the model: text, blocks, a fault, or a function of the request. */
export type Answer = (request: ModelRequest, options: RespondOptions) => Promise<ModelResponse>;

const USAGE = { inputTokens: 10, outputTokens: 5, cacheWriteTokens: 0, cacheReadTokens: 0 };
/** Two dollars a million tokens, in and out: 30 micro-dollars a call. */
const PRICES = { 'test/model': { input: 2, output: 2, cacheWrite: 2, cacheRead: 2 } };

export function says(...content: (string | AssistantBlock)[]): Answer {
  const blocks = content.map(
    (block): AssistantBlock => (typeof block === 'string' ? { type: 'text', text: block } : block),
  );
  const stopReason = blocks.some((block) => block.type === 'tool_use') ? 'tool_use' : 'end_turn';
  return async () => ({ content: blocks, stopReason, usage: USAGE, model: 'model' });
}

export function calls(name: string, id: string, input: object = {}): AssistantBlock {
  return { type: 'tool_use', id, name, input };
}

/** An answer that never comes, unless its signal fires: `started` resolves when it was asked for. */
export function hangs(): Answer & { started: Promise<void> } {
  const { promise: started, resolve } = Promise.withResolvers<void>();
  const answer: Answer = (_, { signal }) =>
    new Promise((_resolve, reject) => {
      resolve();
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  return Object.assign(answer, { started });
}

/** A process that talks: everything is real but the model, whose answers are listed. */
export interface Process {
  conversations: Conversations;
  /** What the model was asked, in order. */
  requests: ModelRequest[];
}

/** A data directory that several processes share. */
export async function createWorld() {
  const folder = await mkdtemp(join(tmpdir(), 'rowmill-conversations-'));
  const store = await openSqliteStore({ path: join(folder, 'rowmill.db'), now: Date.now, log: createSilentLog() });
  let ids = 0;
  const newId = () => {
    ids += 1;
    return `conv_${ids}`;
  };
  return {
    store,
    process: (owner: string, answers: Answer[], options: ProcessOptions = {}) =>
      startProcess({ store, owner, answers, newId, ...options }),
    async close() {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
}

interface ProcessOptions {
  tools?: Tool[];
  alive?: string[];
  /** The version of the orchestrator that there is. */
  version?: string;
}

function startProcess(
  given: { store: Store; owner: string; answers: Answer[]; newId: () => string } & ProcessOptions,
): Process {
  const { store, owner, answers, newId, tools = [], alive = [], version = 'v1' } = given;
  const log = createSilentLog();
  const requests: ModelRequest[] = [];
  const provider: Provider = {
    name: 'test',
    async respond(request, options) {
      requests.push(structuredClone(request));
      const answer = answers[requests.length - 1];
      if (answer === undefined) throw new Error(`There is no answer number ${requests.length}.`);
      return answer(request, options);
    },
    close: async () => undefined,
  };
  const definition = agentDefinition.parse({
    name: 'orchestrator',
    model: { provider: 'test', model: 'model' },
    instructions: 'Help.',
    limits: { max_turns: 4 },
  });
  const agent = openAgent({ definition, toolSet: { tools, close: async () => undefined }, log });
  const signal = new AbortController().signal;
  const prices = createPriceTable({ overrides: PRICES });
  const budget = createBudget(undefined, 0);
  const conversations = createConversations({
    store,
    open: async (label) => {
      if (label?.includes('@') && label !== `orchestrator@${version}`) throw new AppError('agent_not_found', label);
      return {
        agent,
        label: `orchestrator@${version}`,
        model: 'model',
        standIn: null,
        hooksFor: (run) =>
          createRunCalls(run, true, {
            journal: createStoreJournal({ store, budget, clock: systemClock }),
            ...{ provider, prices, clock: systemClock, random: () => 0, signal },
          }),
      };
    },
    readRun: (run) => readRun(run, store),
    owner,
    isAlive: (other) => alive.includes(other),
    newId,
    now: Date.now,
    log,
  });
  return { conversations, requests };
}

/** Sends a message and collects what a client sees. */
export async function talk(
  { conversations }: Process,
  message: string,
  options: { conversationId?: string; speaker?: string; signal?: AbortSignal } = {},
): Promise<ConversationEvent[]> {
  const { signal = new AbortController().signal, ...rest } = options;
  const events: ConversationEvent[] = [];
  for await (const event of conversations.send({ message, signal, ...rest })) events.push(event);
  return events;
}
