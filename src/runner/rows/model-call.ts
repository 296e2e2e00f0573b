import type { Clock } from '../../base/clock.ts';
import { AppError, toAppError } from '../../base/errors.ts';
import type { Json, JsonObject, ModelRequest, ModelResponse } from '../../protocol/messages.ts';
import type { ModelTurn } from '../../protocol/run.ts';
import type { CallLane, CallPermit, FaultMeaning } from '../../providers/lanes/call-lane.ts';
import type { PriceTable } from '../../providers/prices/prices.ts';
import type { Provider, RespondOptions } from '../../providers/provider.ts';
import type { JournalKey } from '../../storage/journal.ts';
import type { EventSink } from '../../telemetry/events.ts';
import { worstMediaTokens } from '../media/media-tokens.ts';
import { billedModel } from './billed-model.ts';
import { emitModelCallEnd, emitModelCallStart } from './call-events.ts';
import type { JournalPort } from './journal-port.ts';
import { isOutcomeUnknown, MODEL_RETRY, REFUSAL_RETRY, retryDelayMs } from './retry-policy.ts';

/** Limits of one model call that may change while the batch runs. */
export interface CallLimits {
  /** Deadline of one send, in milliseconds. Default: the provider's. */
  timeoutMs?: number;
  /** How often the call is sent at most. Default: see {@link MODEL_RETRY} and {@link REFUSAL_RETRY}. */
  maxSends?: number | undefined;
}

/** The dependencies that all model calls of one agent share. */
export interface ModelCallDeps {
  journal: JournalPort;
  provider: Provider;
  /** Limits shared with all callers of the model. Without them every call is sent immediately. */
  lane?: CallLane;
  prices: PriceTable;
  clock: Clock;
  random: () => number;
  events?: EventSink;
  /** Limits of one call, read anew at each send. */
  callLimits?: () => CallLimits;
  /** Once it fires, nothing more is sent. */
  halt?: AbortSignal;
  /** Once it fires, no call waits any more: calls that need no waiting are still sent. */
  drain?: AbortSignal;
  /** Called for every fault after which the call is sent again. */
  onRetry?: (error: AppError, delayMs: number) => void;
  /** Called for every fault that ends a call. */
  onFault?: (error: AppError) => void;
  /** Called for every answered model call, also from the cache, once its answer is committed. */
  onAnswer?: () => void;
}

/** One model call of a run, until it is answered. */
export interface ModelCall extends ModelTurn {
  run: string;
  /** The messages that are not in the journal yet. */
  appended: ModelRequest['messages'];
  signal: AbortSignal;
  /** Whether the call was sent before and its answer was lost, or the call was refused. */
  wasSent: boolean;
  /** Looks up the cached answer of an identical request, after a fault has routed the call to another model. */
  reuse?: (() => Promise<ModelResponse | undefined>) | undefined;
}

export interface AnsweredCall {
  response: ModelResponse;
  /** The model that the call was sent to, which may differ from the request's model; absent for a cached answer. */
  model?: string;
  /** In micro-dollars; 0 when the price is unknown. */
  cost: number;
  /**
   * The running commit of the answer: resolves to the fault of the commit, if any, after `onFault` was called with it.
   * Contract: never rejects. Nothing that depends on the answer is sent or stored before it resolves to undefined.
   */
  committed: Promise<AppError | undefined>;
}

/**
 * Sends a model call until it is answered or its fault is final (see {@link retryDelayMs}). Faults of the whole lane,
 * such as rate limits, are waited out in the lane and don't count as sends of the call.
 */
export async function callUntilAnswered(call: ModelCall, deps: ModelCallDeps): Promise<AnsweredCall> {
  try {
    for (let ownSends = 0, refusals = 0, isRepeat = false; ; isRepeat = true) {
      const sent = await sendOnce(call, isRepeat, deps);
      if ('response' in sent) return sent;
      const { error, meaning } = sent;
      if (meaning.kind === 'given-up') throw meaning.error;
      if (meaning.kind === 'own') ownSends += 1;
      if (meaning.kind === 'alone') refusals += 1;
      const { maxSends } = deps.callLimits?.() ?? {};
      const delayMs = delayOf(error, meaning, { ownSends, refusals, maxSends, random: deps.random() });
      if (delayMs === undefined || !error.retryable) throw error;
      deps.onRetry?.(error, delayMs);
      if (meaning.kind !== 'lane') await pause(delayMs, call, deps);
      if (call.reuse === undefined || routed(call.request, deps).model === sent.model) continue;
      const response = await call.reuse();
      if (response !== undefined) return { response, cost: 0, committed: Promise.resolve(undefined) };
    }
  } catch (thrown) {
    const error = toAppError(thrown);
    deps.onFault?.(error);
    throw error;
  }
}

/** Failed sends of a call, by what their faults mean. */
interface Sends {
  ownSends: number;
  refusals: number;
}

/** Time until the next send; undefined when there is none. Refusals that the whole lane waits out are not counted. */
function delayOf(
  error: AppError,
  { kind }: FaultMeaning,
  { ownSends, refusals, maxSends, random }: Sends & { maxSends: number | undefined; random: number },
): number | undefined {
  if (kind === 'lane') return 0;
  if (maxSends !== undefined && ownSends + refusals >= maxSends) return undefined;
  if (kind === 'alone') return retryDelayMs(error, refusals, REFUSAL_RETRY, random);
  return retryDelayMs(error, ownSends, MODEL_RETRY, random);
}

async function pause(
  delayMs: number,
  { signal, time }: ModelCall,
  { clock, halt, drain }: ModelCallDeps,
): Promise<void> {
  const resume = time?.hold();
  try {
    await clock.sleep(delayMs, AbortSignal.any([signal, halt, drain].filter((each) => each !== undefined)));
  } finally {
    resume?.();
  }
}

type Sent = AnsweredCall | { error: AppError; meaning: FaultMeaning; model: string };

function routed(request: ModelRequest, { provider }: ModelCallDeps): ModelRequest {
  return provider.route?.(request) ?? request;
}

/** Room in the budget, then room in the lane, then the intent, then the send: the fixed order prevents deadlocks. */
async function sendOnce(asked: ModelCall, isRepeat: boolean, deps: ModelCallDeps): Promise<Sent> {
  const { run, turn, time } = asked;
  const request = routed(asked.request, deps);
  const call = request === asked.request ? asked : { ...asked, request };
  // A token of a medium counts as a byte: its base64 says nothing about its tokens.
  const requestBytes = bytesOf(request) + worstMediaTokens(deps.provider.name, request);
  const worst = deps.prices.worstCase(deps.provider.name, request.model, {
    inputTokens: UNSEEN_TOKENS + requestBytes,
    maxTokens: request.maxTokens,
  });
  const key = { run, turn, call: 0 };
  const resume = time?.hold();
  let permit: CallPermit | undefined;
  let mayStillSend: () => boolean;
  let settled = false;
  const settle = (cost: number | undefined) => {
    if (!settled) deps.journal.settle(worst ?? 0, cost, key);
    settled = true;
  };
  await deps.journal.reserve(worst).catch((thrown: unknown) => {
    resume?.();
    throw thrown;
  });
  try {
    permit = await enterLane(call, { requestBytes, isRepeat }, deps);
    mayStillSend = await commitModelIntent(call, { key, worst: worst ?? null }, deps);
  } catch (error) {
    void permit?.end({ kind: 'not-sent' });
    settle(0);
    throw error;
  } finally {
    resume?.();
  }
  return respond(call, { key, permit, settle, mayStillSend }, deps);
}

async function enterLane(
  { request, signal, run, turn }: ModelCall,
  { requestBytes, isRepeat }: { requestBytes: number; isRepeat: boolean },
  { lane, halt, drain }: ModelCallDeps,
): Promise<CallPermit | undefined> {
  throwIfAborted(signal, halt);
  const waitSignals = [signal, halt, drain].filter((each) => each !== undefined);
  const entry = lane?.acquire({ run, turn, requestBytes, maxTokens: request.maxTokens, isRepeat, waitSignals });
  return entry instanceof Promise ? await entry : entry;
}

async function commitModelIntent(
  { request, appended, signal }: ModelCall,
  { key, worst }: { key: JournalKey; worst: number | null },
  deps: ModelCallDeps,
): Promise<() => boolean> {
  throwIfAborted(signal, deps.halt);
  const name = `${deps.provider.name}/${request.model}`;
  const intent = { kind: 'model' as const, name, request: appended as unknown as Json, idempotent: true };
  const mayStillSend = await deps.journal.commitIntent({
    ...key,
    ...intent,
    worstMicroUsd: worst,
    at: deps.clock.now(),
  });
  if (!deps.halt?.aborted) return mayStillSend;
  await deps.journal.commitRefusal(key);
  throw notSent();
}

interface Sending {
  key: JournalKey;
  permit: CallPermit | undefined;
  /** Reports the charge to the budget; undefined when it is unknown. Idempotent. */
  settle(cost: number | undefined): void;
  mayStillSend: () => boolean;
}

async function respond(call: ModelCall, sending: Sending, deps: ModelCallDeps): Promise<Sent> {
  const { key, permit, settle } = sending;
  const { request, time } = call;
  const began = deps.clock.monotonic();
  emitModelCallStart(call, deps);
  let response: ModelResponse;
  try {
    response = await deps.provider.respond(request, respondOptions(call, sending, deps));
  } catch (thrown) {
    const error = toAppError(thrown);
    const meaning = (await permit?.end({ kind: 'failed', error })) ?? { kind: 'own' };
    if (error.retryable) time?.giveBack(deps.clock.monotonic() - began);
    const isUnknown = isOutcomeUnknown(error);
    settle(isUnknown ? undefined : 0);
    if (!isUnknown) await deps.journal.commitRefusal(key);
    emitModelCallEnd(call, deps, { began, code: error.code });
    return { error, meaning, model: request.model };
  }
  void permit?.end({ kind: 'answered', usage: response.usage });
  const { name } = deps.provider;
  const cost = deps.prices.priceOf(name, request.model, response.usage);
  const costs = deps.prices.costsOf(name, request.model, response.usage) ?? null;
  settle(cost);
  const answer = {
    response: response as unknown as JsonObject,
    usage: response.usage,
    costMicroUsd: cost ?? null,
    requestId: response.requestId ?? null,
    at: deps.clock.now(),
    billed: { model: billedModel(name, request.model), costs },
  };
  const committed = deps.journal.commitAnswer(key, answer).then(
    () => {
      emitModelCallEnd(call, deps, { began, usage: response.usage, cost });
      deps.onAnswer?.();
      return undefined;
    },
    (thrown: unknown) => {
      const error = toAppError(thrown);
      emitModelCallEnd(call, deps, { began, code: error.code });
      deps.onFault?.(error);
      return error;
    },
  );
  return { response, model: request.model, cost: cost ?? 0, committed };
}

function respondOptions(
  { onText, signal, run, turn }: ModelCall,
  { permit, mayStillSend }: Sending,
  deps: ModelCallDeps,
): RespondOptions {
  const options: RespondOptions = { signal, mayStillSend, idempotencyKey: `${run}/${turn}` };
  if (onText !== undefined) options.onText = onText;
  if (permit !== undefined) options.onLimits = permit.limits;
  const { timeoutMs } = deps.callLimits?.() ?? {};
  if (timeoutMs !== undefined) options.timeoutMs = timeoutMs;
  return options;
}

function throwIfAborted(...signals: (AbortSignal | undefined)[]): void {
  if (signals.some((signal) => signal?.aborted)) throw notSent();
}

function notSent(): AppError {
  return new AppError('aborted', 'The call was cancelled before it was sent.');
}

/** Tokens that a provider may add to a request unseen: Anthropic's system prompt for tools has up to 530 tokens. */
export const UNSEEN_TOKENS = 600;

/** The size of the constant part of an agent's calls, by its list of tools: measured once. */
const constantBytes = new WeakMap<ModelRequest['tools'], { system: string; bytes: number }>();

/** The size of a request. A tokenizer never makes more than one token per byte, so this size bounds the tokens. */
function bytesOf({ system, messages, tools }: ModelRequest): number {
  let constant = constantBytes.get(tools);
  if (constant === undefined || constant.system !== system) {
    constant = { system, bytes: Buffer.byteLength(JSON.stringify([system, tools])) };
    constantBytes.set(tools, constant);
  }
  return constant.bytes + Buffer.byteLength(JSON.stringify(messages));
}
