import type { ModelRequest, ModelResponse } from '../protocol/messages.ts';

/** The kinds of limits that a provider sets on a model, all a minute. `tokens` are input and output together. */
export type LimitKind = 'requests' | 'tokens' | 'inputTokens' | 'outputTokens';

/** One limit, as an answer's headers state it. */
export interface RateLimit {
  /** A minute. */
  limit: number;
  remaining: number;
  /** From now until the limit is whole again, or its window turns, in milliseconds; absent where it is not told. */
  resetMs?: number;
}

export type RateLimits = { [kind in LimitKind]?: RateLimit };

export interface RespondOptions {
  signal: AbortSignal;
  /** Deadline of this one call, in milliseconds. */
  timeoutMs?: number;
  /**
   * Asked at the last moment before the request leaves, where the transport can: false keeps it from being sent, and the
   * call rejects as one that was not.
   */
  mayStillSend?: () => boolean;
  /** When given, the answer is streamed and its text is handed over as it comes. */
  onText?: (text: string) => void;
  /** Told of the limits that the headers of an answer or of a refusal state, before `respond` ends. */
  onLimits?: (limits: RateLimits) => void;
}

/**
 * A source of model answers.
 *
 * Contract: `respond` sends at most one request and never retries. It rejects with an AppError whose code is one of
 * `model_*`, `context_too_long`, `script_exhausted` or `aborted`; `retryable`, `retryAfterMs` and `outcomeUnknown` are
 * set where the fault is made. `outcomeUnknown` is true when the request may have been carried out (a timeout or a
 * broken connection after sending, an answer cut off).
 */
export interface Provider {
  readonly name: string;
  /** Set for what stands in for a real model; shown wherever the provider's name is shown. */
  readonly standIn?: string;
  /**
   * What its lanes and answers are told apart by: the name and the address that is called, without credentials. Absent
   * where that is the provider's own, which the name alone stands for.
   */
  readonly server?: string;
  /**
   * The request as it is to be sent and paid for, where another model than the one asked for may answer.
   * Contract: what it gives is given again for itself; a transcript stays with the model that began it.
   */
  route?(request: ModelRequest): ModelRequest;
  /** Whether the tools of a request go out in strict form, by what is known of the model so far. Default: yes. */
  sendsStrict?(request: ModelRequest): boolean;
  /**
   * What `respond` would have given, of an answer to the same request that came in another way.
   * Contract: pure but for what the provider learns of its models.
   */
  adopt?(request: Pick<ModelRequest, 'model'>, response: ModelResponse): ModelResponse;
  respond(request: ModelRequest, options: RespondOptions): Promise<ModelResponse>;
  /** What has to be set before it can be called at all, in words; undefined when nothing is lacking. */
  lacks?(): string | undefined;
  /**
   * Rejects with `model_unknown` when it is certain that there is no such model, without a charge; whatever else goes
   * wrong is left to the first call.
   */
  checkModel?(model: string): Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** What an agent says of its model beside the provider's name. */
export interface ModelSource {
  provider: string;
  model: string;
  fallback?: string | undefined;
  base_url?: string | undefined;
  api_key_env?: string | undefined;
  region?: string | undefined;
  inference_profile?: string | undefined;
}
