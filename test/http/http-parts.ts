import { createAccess } from '../../src/access/create-access.ts';
import type { ConversationEvent, Conversations } from '../../src/agent/conversation/conversation.ts';
import { AppError } from '../../src/base/errors.ts';
import { createSilentLog } from '../../src/base/log.ts';
import type { HttpParts, ServerParts, TalkParts } from '../../src/http/parts.ts';
import { NO_USAGE } from '../../src/protocol/messages.ts';
import type { AuditStore } from '../../src/storage/audit.ts';
import type { IdempotencyStore } from '../../src/storage/idempotency.ts';
import type { KeyStore } from '../../src/storage/keys.ts';
import type { Confirmations } from '../../src/tools/execute/confirmations.ts';

export const JSON_HEADERS = { 'content-type': 'application/json' };

/** What a test replaces in the parts. */
interface Given extends Partial<Omit<ServerParts, 'hasKeys'>>, Partial<TalkParts> {
  apiKeys?: string[];
  idempotency?: IdempotencyStore;
}

/** Parts that answer without a model; what a test gives replaces them. */
export function httpParts({ apiKeys = [], idempotency = noIdempotency(), ...given }: Given = {}): HttpParts {
  const server: ServerParts = {
    host: '127.0.0.1',
    hasKeys: apiKeys.length > 0,
    version: '1.2.3',
    log: createSilentLog(),
    now: Date.now,
    ready: async () => undefined,
    ...given,
  };
  const talk: TalkParts = {
    conversations: echo(),
    models: noModels(),
    confirmationsOf: noConfirmations,
    mcp: async (request) => new Response(`${request.method} ${await request.text()}`),
    ...given,
  };
  const runnerOf = () => {
    throw new Error('This test has no runner.');
  };
  const access = createAccess({ environmentKeys: apiKeys, store: noKeys(), now: Date.now, log: createSilentLog() });
  const start = { runnerOf, jobsOf: runnerOf, approval: runnerOf, tablesOf: runnerOf };
  return {
    server,
    access,
    audit: noKeys(),
    idempotency,
    talk,
    start,
    schedulesOf: runnerOf,
    work: noWork(),
    watch: { monitoringOf: runnerOf, prometheus: async () => '' },
    agents: noAgents(),
  };
}

/** A store without keys whose audit log takes everything and shows nothing. */
function noKeys(): KeyStore & AuditStore {
  const unused = () => Promise.reject(new Error('This test stores no keys.'));
  return {
    ...{ insertKey: unused, revokeKey: unused, insertSession: unused, removeSession: unused },
    hasKeys: async () => false,
    readKey: async () => undefined,
    readSession: async () => undefined,
    listKeys: async () => [],
    useKey: async () => undefined,
    appendAudit: async () => 1,
    endAudit: async () => undefined,
    readAudit: async () => [],
  };
}

/** For tests without clients of OpenAI's API. */
function noModels(): TalkParts['models'] {
  const unused = () => Promise.reject(new Error('This test has no models.'));
  return {
    histories: {
      // biome-ignore lint/correctness/useYield: it only throws.
      async *answer() {
        throw new Error('This test has no histories.');
      },
    },
    registry: { sources: [], list: unused, entries: unused, find: unused },
    runAgent: unused,
  };
}

/** For tests without agents. */
function noAgents(): HttpParts['agents'] {
  const unused = () => Promise.reject(new Error('This test has no agents.'));
  const registry = { sources: [], list: unused, entries: unused, find: unused };
  const agents = { saveAgent: unused, removeAgent: unused, tryAgent: unused, suggestFields: unused };
  return { registry, ...agents, settings: unused, prices: async () => [] };
}

/** For tests without batches, uploads and drafts. */
function noWork(): HttpParts['work'] {
  const unused = () => Promise.reject(new Error('This test has no work.'));
  const limits = { maxBytes: 0, maxTotalBytes: 0, keepMs: 0 };
  const uploads = { limits, receive: unused, announce: unused, append: unused, read: unused, use: unused };
  return {
    uploads: { ...uploads, list: unused, remove: unused, sweep: unused },
    draftsOf: () => ({ create: unused, list: unused, show: unused, change: unused, remove: unused }),
    newId: (prefix) => prefix,
  };
}

/** For tests whose requests have no idempotency key. */
function noIdempotency(): IdempotencyStore {
  const unused = () => Promise.reject(new Error('This test keeps no answers.'));
  return { claimKey: unused, keepAnswer: unused, freeKey: unused };
}

/** Confirmations without a question. */
export function noConfirmations(): Confirmations {
  const unused = () => Promise.reject(new Error('This test asks nobody.'));
  return {
    ...{ ask: unused, use: unused, startUnasked: unused, forgetUnasked: unused },
    find: async () => undefined,
    agree: async () => false,
  };
}

/** Conversations that say the message back, and know the conversation `conv_known` alone. */
export function echo(): Conversations {
  return {
    async *send({ conversationId, message }) {
      if (conversationId === 'conv_busy') yield { type: 'error', code: 'conversation_busy', message: 'wait' };
      else yield* answer(message);
    },
    list: async () => [],
    async read(id) {
      if (id !== 'conv_known') throw new AppError('conversation_not_found', `There is no conversation "${id}".`);
      const at = '2026-01-02T03:04:05.000Z';
      return {
        id,
        agent: 'orchestrator@v1',
        created_at: at,
        updated_at: at,
        messages: [{ role: 'user', content: 'hi' }],
        answering: false,
        cost_usd: 0,
      };
    },
  };
}

/** Conversations that begin to answer and then wait for the signal; `ended` counts the turns that came to their end. */
export function waiting(): Conversations & { ended: number } {
  const conversations = {
    ...echo(),
    ended: 0,
    async *send({ message, signal }: { message: string; signal: AbortSignal }): AsyncGenerator<ConversationEvent> {
      const [first] = answer(message);
      if (first !== undefined) yield first;
      // The client may have left before the next event is asked for: the stream waits for room.
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        else signal.addEventListener('abort', () => resolve(), { once: true });
      });
      conversations.ended += 1;
      const { code, message: why } =
        signal.reason instanceof AppError ? signal.reason : new AppError('aborted', 'gone');
      yield { type: 'error', code, message: why };
    },
  };
  return conversations;
}

function answer(message: string): ConversationEvent[] {
  const id = 'conv_known';
  return [
    { type: 'conversation', conversation_id: id, agent: 'orchestrator@v1', model: 'echo', stand_in: 'no model' },
    { type: 'text-delta', text: `${message}\nand a second line` },
    { type: 'done', conversation_id: id, stop_reason: 'end_turn', usage: NO_USAGE, cost_usd: 0 },
  ];
}

/** The events of a stream of server-sent events; comments are left out. */
export function parseEvents(text: string): { event: string; data: ConversationEvent }[] {
  const blocks = text.split('\n\n').filter((block) => block !== '' && !block.startsWith(':'));
  return blocks.map((block) => {
    const [, event = '', data = ''] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
    return { event, data: JSON.parse(data) };
  });
}
