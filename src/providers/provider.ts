import type { ModelRequest, ModelResponse } from '../messages.ts';

export interface RespondOptions {
  signal: AbortSignal;
  /** Deadline of this one call, in milliseconds. */
  timeoutMs?: number;
  /** When given, the answer is streamed and its text is handed over as it comes. */
  onText?: (text: string) => void;
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
  respond(request: ModelRequest, options: RespondOptions): Promise<ModelResponse>;
  /** Idempotent. */
  close(): Promise<void>;
}
