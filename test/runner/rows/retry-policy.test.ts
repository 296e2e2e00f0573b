import { expect, test } from 'vitest';
import { AppError } from '../../../src/base/errors.ts';
import { MODEL_RETRY, policyOf, retryDelayMs } from '../../../src/runner/rows/retry-policy.ts';

const overloaded = new AppError('model_overloaded', 'Busy.', { retryable: true });

test('waits longer each time, up to the ceiling, with full jitter', () => {
  const ceilings = [1, 2, 3, 4, 5, 6, 7].map((sends) => retryDelayMs(overloaded, sends, MODEL_RETRY, 1));
  expect(ceilings).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000]);
  expect(retryDelayMs(overloaded, 3, MODEL_RETRY, 0)).toBe(0);
  expect(retryDelayMs(overloaded, 3, MODEL_RETRY, 0.5)).toBe(1000);
});

test('never sends sooner than the provider asked for', () => {
  const limited = new AppError('model_rate_limited', 'Wait.', { retryable: true, retryAfterMs: 45_000 });
  expect(retryDelayMs(limited, 1, MODEL_RETRY, 1)).toBe(45_000);
});

test('gives up after the last send, and on what is not retryable', () => {
  expect(retryDelayMs(overloaded, MODEL_RETRY.maxSends, MODEL_RETRY, 0.5)).toBeUndefined();
  expect(retryDelayMs(new AppError('model_request_invalid', 'No.'), 1, MODEL_RETRY, 0.5)).toBeUndefined();
});

test('a store that is busy is no reason to send a model call again', () => {
  const busy = new AppError('store_unavailable', 'Locked.', { retryable: true });
  expect(retryDelayMs(busy, 1, MODEL_RETRY, 0.5)).toBeUndefined();
});

test.each([
  ['model_key_refused', 'pause'],
  ['model_permission_denied', 'pause'],
  ['model_unknown', 'pause'],
  ['model_spend_limit', 'pause'],
  ['budget_reached', 'budget'],
  ['lease_lost', 'stop'],
  ['store_unavailable', 'stop'],
  ['aborted', 'return'],
  ['output_invalid', 'fail'],
  ['model_overloaded', 'fail'],
  ['tool_outcome_unknown', 'fail'],
  ['internal', 'fail'],
] as const)('%s means %s for the batch', (code, policy) => {
  expect(policyOf(new AppError(code, 'x'))).toBe(policy);
});

test('a provider that can’t be reached pauses; a connection that broke under a call fails its row', () => {
  expect(policyOf(new AppError('model_unreachable', 'x'))).toBe('pause');
  expect(policyOf(new AppError('model_unreachable', 'x', { outcomeUnknown: true }))).toBe('fail');
});
