import type { AppError, ErrorCode } from '../../base/errors.ts';

/** The effect of a run's fault on its batch. */
export type FaultPolicy =
  /** Every row would have the same fault: pause the batch, keep the row. */
  | 'pause'
  /** The cap is reached: pause the batch, keep the row. */
  | 'budget'
  /** This process may no longer write. */
  | 'stop'
  /** The work was cancelled: keep the row. */
  | 'return'
  /** The row fails. */
  | 'fail';

const POLICIES: { [code in ErrorCode]?: FaultPolicy } = {
  model_key_refused: 'pause',
  model_permission_denied: 'pause',
  model_unknown: 'pause',
  model_spend_limit: 'pause',
  model_unavailable: 'pause',
  budget_reached: 'budget',
  budget_unpriced: 'pause',
  lease_lost: 'stop',
  store_unavailable: 'stop',
  aborted: 'return',
};

export function policyOf({ code, outcomeUnknown }: AppError): FaultPolicy {
  // No connection to the provider for as long as calls are repeated: not the row's fault, and the next row would fail
  // too.
  if (code === 'model_unreachable' && !outcomeUnknown) return 'pause';
  return POLICIES[code] ?? 'fail';
}

/** How a model call is repeated: exponential backoff with full jitter, never sooner than the provider asked for. */
export interface RetryPolicy {
  maxSends: number;
  firstDelayMs: number;
  maxDelayMs: number;
}

export const MODEL_RETRY: RetryPolicy = { maxSends: 8, firstDelayMs: 500, maxDelayMs: 30_000 };

/** The same for refusals that concern one call alone: for some five minutes, then its row fails. */
export const REFUSAL_RETRY: RetryPolicy = { maxSends: 25, firstDelayMs: 500, maxDelayMs: 30_000 };

/**
 * Milliseconds to wait before send number `sends + 1`, or undefined when the call must not be sent again.
 * @param random in [0, 1)
 */
export function retryDelayMs(error: AppError, sends: number, policy: RetryPolicy, random: number): number | undefined {
  // Other retryable faults, such as a locked store, can come after the answer: another send would be paid twice.
  if (!error.retryable || !error.code.startsWith('model_') || sends >= policy.maxSends) return undefined;
  const ceiling = Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** (sends - 1));
  return Math.max(error.retryAfterMs ?? 0, Math.round(random * ceiling));
}

/** Whether what a call that failed did is not known: it may have been charged. */
export function isOutcomeUnknown({ outcomeUnknown, code }: AppError): boolean {
  return outcomeUnknown || code === 'aborted';
}
