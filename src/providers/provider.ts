import type { AppError } from '../base/errors.ts';
import type { ModelRequest, ModelResponse } from '../protocol/messages.ts';

/** The kinds of limits that a provider sets on a model, all per minute. `tokens` are input and output together. */
export type LimitKind = 'requests' | 'tokens' | 'inputTokens' | 'outputTokens';

/** One limit, as an answer's headers state it. */
export interface RateLimit {
  /** Units per minute. */
  limit: number;
  remaining: number;
  /** Time until the limit is full again or its window restarts, in milliseconds; absent where it is not reported. */
  resetMs?: number;
}

export type RateLimits = { [kind in LimitKind]?: RateLimit };

export interface RespondOptions {
  signal: AbortSignal;
  /** Deadline of this one call, in milliseconds. */
  timeoutMs?: number;
  /**
   * Called immediately before the request is sent, where the transport supports it. When it returns false, the request
   * is not sent, and the call rejects as not sent.
   */
  mayStillSend?: () => boolean;
  /** When given, the answer is streamed, and its text is passed on as it arrives. */
  onText?: (text: string) => void;
  /** Stable over all sends of one call of one run, whatever process sends it. */
  idempotencyKey?: string;
  /** Receives the limits that the headers of an answer or of a refusal state, before `respond` ends. */
  onLimits?: (limits: RateLimits) => void;
}

/**
 * A source of model answers.
 *
 * Contract: `respond` sends at most one request and never retries. It rejects with an AppError whose code is one of
 * `model_*`, `context_too_long`, `script_exhausted` or `aborted`; `retryable`, `retryAfterMs` and `outcomeUnknown` are
 * set where the error is created. `outcomeUnknown` is true when the request may have been carried out (a timeout or a
 * broken connection after sending, an answer cut off).
 */
export interface Provider {
  readonly name: string;
  /** Set when the provider stands in for a real model; shown wherever the provider's name is shown. */
  readonly standIn?: string;
  /**
   * Distinguishes its lanes and answers: the name and the address that is called, without credentials. Absent for the
   * provider's own address, which the name alone identifies.
   */
  readonly server?: string;
  /**
   * The request that is sent and paid for, when a model other than the requested one may answer.
   * Contract: idempotent: routing a routed request changes nothing. A transcript stays with the model that started it.
   */
  route?(request: ModelRequest): ModelRequest;
  /**
   * Whether the tools of a request are sent in strict form, and its answer is asked for in native form, by what is known
   * of the model so far. Default: yes.
   */
  sendsStrict?(request: ModelRequest): boolean;
  /** Whether a refusal says that the strict or native form is not accepted, so that plain tools may be. Default: no. */
  refusesStrict?(refusal: Pick<AppError, 'code' | 'message'>): boolean;
  /**
   * The parts of the body of `respond` from which the provider counts input tokens: everything but settings.
   * Contract: pure. It sends nothing.
   */
  reads?(request: ModelRequest): object;
  /**
   * The input tokens of a request as the provider counts them, by a call that is free; undefined when it can't be asked.
   * Tools and settings may be counted in an approximate form.
   */
  countTokens?(request: ModelRequest, signal: AbortSignal): Promise<number | undefined>;
  /**
   * The response that `respond` would have given, made from an answer to the same request that came in another way
   * (from the cache or a provider job).
   * Contract: pure, except for what the provider learns about its models.
   */
  adopt?(request: Pick<ModelRequest, 'model'>, response: ModelResponse): ModelResponse;
  respond(request: ModelRequest, options: RespondOptions): Promise<ModelResponse>;
  /** The settings that are missing before it can be called at all, as text; undefined when none is missing. */
  lacks?(): string | undefined;
  /**
   * Rejects with `model_unknown` when it is certain that there is no such model. It costs nothing. Any other fault is
   * left to the first call.
   */
  checkModel?(model: string): Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** The `model` settings of an agent. */
export interface ModelSource {
  provider: string;
  model: string;
  /** A name is a model of the same provider. An object is a model of any provider: not this provider's matter. */
  fallback?: string | object | undefined;
  base_url?: string | undefined;
  api_key_env?: string | undefined;
  region?: string | undefined;
  inference_profile?: string | undefined;
  /** The settings of a remote agent, for the providers of targets. */
  target?: object | undefined;
}
