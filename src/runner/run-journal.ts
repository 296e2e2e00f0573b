import type { Clock } from '../clock.ts';
import { AppError, toAppError } from '../errors.ts';
import type { Json, JsonObject, ModelRequest, ModelResponse } from '../messages.ts';
import type { PriceTable } from '../providers/prices.ts';
import type { Provider } from '../providers/provider.ts';
import type { CallModel, CallTool, ToolCall, ToolResult } from '../run.ts';
import type { Fence, JournalEntry, Store } from '../storage/store.ts';
import { type CacheDeps, openRunCache, type RunCache } from './answer-cache.ts';
import type { Budget } from './budget.ts';
import { MODEL_RETRY, retryDelayMs } from './retry-policy.ts';

/** What journalled calls of one agent share, over all its runs. */
export interface JournalDeps {
  store: Store;
  provider: Provider;
  prices: PriceTable;
  budget: Budget;
  clock: Clock;
  random: () => number;
  /** Absent for conversations, which no lease guards. */
  fence?: Fence;
  /** Present where a batch allows answers of other rows. */
  cache?: CacheDeps;
  signal: AbortSignal;
  /** Told of every fault that is waited out. */
  onRetry?: (error: AppError, delayMs: number) => void;
  /** Told of the first and every later answered model call, from the cache or not. */
  onAnswer?: () => void;
}

/** Longest time that a process may have stood still between its commit and its send, in milliseconds; the lease lasts 15 s. */
const SEND_WINDOW_MS = 5_000;

/**
 * The journalled calls of one run. An answered call is replayed; every other is an intent committed before it is
 * sent and an answer committed before the next step depends on it.
 * @param replay read the journal first; false for an attempt that was never claimed before
 * @returns `spentMicroUsd` is what its answered calls of known price cost, replayed ones included; `cache`, where there is
 *   one, wants to know when the attempt is over
 */
export function createRunCalls(
  run: string,
  replay: boolean,
  deps: JournalDeps,
): { callModel: CallModel; callTool: CallTool; spentMicroUsd: () => number; cache: RunCache | undefined } {
  const cache = deps.cache === undefined ? undefined : openRunCache(run, deps.cache);
  let spent = 0;
  let earlier: Promise<Map<string, JournalEntry>> | undefined;
  let messagesJournalled = 0;
  const entryOf = async (turn: number, call: number): Promise<JournalEntry | undefined> => {
    if (!replay) return undefined;
    earlier ??= deps.store.readJournal(run).then((entries) => {
      for (const { answer } of entries) spent += answer?.costMicroUsd ?? 0;
      return new Map(entries.map((entry) => [`${entry.turn}/${entry.call}`, entry]));
    });
    return (await earlier).get(`${turn}/${call}`);
  };

  const callModel: CallModel = async (turn, request, onText, signal = deps.signal) => {
    const appended = request.messages.slice(messagesJournalled);
    messagesJournalled = request.messages.length;
    const entry = await entryOf(turn, 0);
    if (entry?.answer) {
      cache?.replayed({ turn, request }, entry);
      return entry.answer.response as unknown as ModelResponse;
    }
    const cached = await cache?.take({ turn, request, appended, signal });
    if (cached !== undefined) {
      deps.onAnswer?.();
      return cached;
    }
    for (let sends = 1; ; sends += 1) {
      try {
        const { response, cost } = await sendModelCall({ run, turn, request, appended, onText, signal }, deps);
        spent += cost;
        return response;
      } catch (thrown) {
        const error = toAppError(thrown);
        const delayMs = retryDelayMs(error, sends, MODEL_RETRY, deps.random());
        if (delayMs === undefined) throw error;
        deps.onRetry?.(error, delayMs);
        await deps.clock.sleep(delayMs, signal);
      }
    }
  };

  const callTool: CallTool = async (call, execute) => {
    const entry = await entryOf(call.turn, call.index + 1);
    if (entry?.answer) return entry.answer.response as unknown as ToolResult;
    if (entry !== undefined && !entry.idempotent) {
      throw new AppError(
        'tool_outcome_unknown',
        `The tool "${call.name}" was called and its answer was lost with the process. It is not declared idempotent, so it ` +
          'was not called again. Look at the other side, then retry the row.',
      );
    }
    return sendToolCall(run, call, execute, deps);
  };
  return { callModel, callTool, spentMicroUsd: () => spent, cache };
}

interface ModelCall {
  run: string;
  turn: number;
  request: ModelRequest;
  appended: ModelRequest['messages'];
  onText: ((text: string) => void) | undefined;
  signal: AbortSignal;
}

async function sendModelCall(
  { run, turn, request, appended, onText, signal }: ModelCall,
  deps: JournalDeps,
): Promise<{ response: ModelResponse; cost: number }> {
  const key = { run, turn, call: 0 };
  const worst = deps.prices.worstCase(deps.provider.name, request.model, {
    inputTokens: worstInputTokens(request),
    maxTokens: request.maxTokens,
  });
  await deps.budget.reserve(worst ?? 0);
  let settled = false;
  const settle = (cost: number | undefined) => {
    if (!settled) deps.budget.settle(worst ?? 0, cost);
    settled = true;
  };
  try {
    throwIfAborted(signal);
    const intent = {
      kind: 'model' as const,
      name: `${deps.provider.name}/${request.model}`,
      request: appended as unknown as Json,
      idempotent: true,
    };
    await commitIntent({ ...key, ...intent, worstMicroUsd: worst ?? null, at: deps.clock.now() }, deps);
  } catch (error) {
    settle(0);
    throw error;
  }
  try {
    const response = await deps.provider.respond(request, { signal, ...(onText === undefined ? {} : { onText }) });
    const { name } = deps.provider;
    const cost = deps.prices.priceOf(name, request.model, response.usage);
    const costs = deps.prices.costsOf(name, request.model, response.usage) ?? null;
    settle(cost);
    await deps.store.writeAnswer(
      key,
      {
        response: response as unknown as JsonObject,
        usage: response.usage,
        costMicroUsd: cost ?? null,
        requestId: response.requestId ?? null,
        at: deps.clock.now(),
        billed: { model: `${name}/${request.model}`, costs },
      },
      deps.fence,
    );
    deps.onAnswer?.();
    return { response, cost: cost ?? 0 };
  } catch (thrown) {
    const error = toAppError(thrown);
    const unknown = error.outcomeUnknown || error.code === 'aborted' || error.code === 'lease_lost' || settled;
    settle(unknown ? undefined : 0);
    if (!unknown) await deps.store.writeRefusal(key, deps.fence);
    throw error;
  }
}

function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new AppError('aborted', 'The call was cancelled before it was sent.');
}

/** What a provider may add to a request unseen: Anthropic's system prompt for tools has up to 530 tokens. */
const UNSEEN_TOKENS = 600;

/** A tokenizer never makes more than one token of a byte, so the request's size bounds its tokens. */
function worstInputTokens(request: ModelRequest): number {
  return UNSEEN_TOKENS + Buffer.byteLength(JSON.stringify([request.system, request.messages, request.tools]));
}

async function sendToolCall(
  run: string,
  call: ToolCall,
  execute: (idempotencyKey: string) => Promise<ToolResult>,
  deps: JournalDeps,
): Promise<ToolResult> {
  const key = { run, turn: call.turn, call: call.index + 1 };
  const intent = {
    kind: 'tool' as const,
    name: call.name,
    request: (call.input ?? null) as Json,
    idempotent: call.idempotent,
  };
  await commitIntent({ ...key, ...intent, worstMicroUsd: 0, at: deps.clock.now() }, deps);
  const result = await execute(`${run}/${call.turn}/${call.index + 1}`);
  const answer = {
    response: result as unknown as JsonObject,
    usage: null,
    costMicroUsd: 0,
    requestId: null,
    at: deps.clock.now(),
  };
  await deps.store.writeAnswer(key, answer, deps.fence);
  return result;
}

/** Commits an intent; after a standstill the lease is proved again, so that a process that slept does not send. */
async function commitIntent(intent: Parameters<Store['writeIntent']>[0], deps: JournalDeps): Promise<void> {
  const before = deps.clock.monotonic();
  await deps.store.writeIntent(intent, deps.fence);
  if (deps.fence !== undefined && deps.clock.monotonic() - before > SEND_WINDOW_MS)
    await deps.store.renewLease(deps.fence);
}
