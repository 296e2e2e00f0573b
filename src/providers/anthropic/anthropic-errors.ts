import type { APIError } from '@anthropic-ai/sdk';
import { AppError, type AppErrorOptions, type ErrorCode } from '../../base/errors.ts';
import { accountFault } from '../shared/account-faults.ts';
import { retryAfterOf, type Service, toConnectionFault, withoutStop } from '../shared/service-faults.ts';

type Sdk = typeof import('@anthropic-ai/sdk');

export const SERVICE: Service = {
  name: 'Anthropic',
  credentials: 'ANTHROPIC_API_KEY',
  address: 'ANTHROPIC_BASE_URL',
  addCredit: 'Raise the limit or add credit in the Anthropic console, then resume.',
};
const TOO_LONG = /prompt is too long|context (window|length|limit)|too many (input |total )?tokens|input is too long/i;

/**
 * An error of the SDK as an AppError.
 * @param now milliseconds since the epoch, against which reset times are counted
 */
export function toModelError(thrown: unknown, sdk: Sdk, { model, now }: { model: string; now: number }): AppError {
  if (thrown instanceof AppError) return thrown;
  if (thrown instanceof sdk.APIUserAbortError) {
    return new AppError('aborted', 'The model call was cancelled.', { outcomeUnknown: true, cause: thrown });
  }
  if (thrown instanceof sdk.APIConnectionTimeoutError) {
    return new AppError('model_timeout', 'Anthropic did not answer in time.', {
      retryable: true,
      outcomeUnknown: true,
      cause: thrown,
    });
  }
  // A subclass of APIError, so it must be checked first.
  const isAnswer = thrown instanceof sdk.APIError && !(thrown instanceof sdk.APIConnectionError);
  return isAnswer ? toStatusError(thrown, { model, now }) : toConnectionFault(SERVICE, thrown);
}

function toStatusError(error: APIError, { model, now }: { model: string; now: number }): AppError {
  const said = withoutStop(error.apiMessage ?? error.message);
  const { code, text } = classify(error, said, model);
  const options: AppErrorOptions = { cause: error };
  if (isTransient(code)) {
    options.retryable = error.headers?.get('x-should-retry') !== 'false';
    const retryAfterMs = error.headers === undefined ? undefined : retryAfter(error.headers, now);
    if (retryAfterMs !== undefined) options.retryAfterMs = retryAfterMs;
  }
  // Without a status it came in the middle of a stream: the part streamed so far is charged for.
  if (error.status === undefined || code === 'model_timeout') options.outcomeUnknown = true;
  return new AppError(code, text, options);
}

function isTransient(code: ErrorCode): boolean {
  return ['model_rate_limited', 'model_overloaded', 'model_server_error', 'model_timeout'].includes(code);
}

function classify(error: APIError, said: string, model: string): { code: ErrorCode; text: string } {
  const { status, type, errorCode } = error;
  const ofAccount = accountFault({ status, codes: [errorCode, type], said });
  if (ofAccount === 'model_spend_limit') {
    return { code: 'model_spend_limit', text: `Anthropic's spend limit is reached: ${said}. ${SERVICE.addCredit}` };
  }
  if (status === 413) return { code: 'context_too_long', text: `The request is too large for Anthropic: ${said}.` };
  if (ofAccount === 'model_key_refused') {
    return {
      code: 'model_key_refused',
      text: `Anthropic refused the key in ANTHROPIC_API_KEY: ${said}. Set a valid one.`,
    };
  }
  if (ofAccount === 'model_permission_denied') {
    return { code: 'model_permission_denied', text: `The key in ANTHROPIC_API_KEY may not do this: ${said}.` };
  }
  if (status === 404 || type === 'not_found_error') {
    const fix = 'Check the name of the model in the agent, and ANTHROPIC_BASE_URL.';
    return { code: 'model_unknown', text: `Anthropic does not know the model "${model}": ${said}. ${fix}` };
  }
  if (status === 429 || type === 'rate_limit_error') {
    return { code: 'model_rate_limited', text: `Anthropic's rate limit is reached: ${said}.` };
  }
  if (status === 529 || type === 'overloaded_error') {
    return { code: 'model_overloaded', text: `Anthropic is overloaded: ${said}.` };
  }
  if (status === 408 || status === 504 || type === 'timeout_error') {
    return { code: 'model_timeout', text: `Anthropic did not finish in time: ${said}.` };
  }
  if (status === 409 || (status ?? 500) >= 500) {
    return { code: 'model_server_error', text: `Anthropic failed with status ${status ?? 'in its stream'}: ${said}.` };
  }
  if (TOO_LONG.test(said)) {
    return { code: 'context_too_long', text: `The conversation is longer than ${model} can read: ${said}.` };
  }
  return { code: 'model_request_invalid', text: `Anthropic refused the request with status ${status}: ${said}.` };
}

/** The wait that the headers ask for; without one, the time until the used-up limit is full again. */
function retryAfter(headers: Headers, now: number): number | undefined {
  const asked = retryAfterOf(headers, now);
  if (asked !== undefined) return asked;
  const resets = ['requests', 'tokens', 'input-tokens', 'output-tokens'].flatMap((limit) => {
    if (headers.get(`anthropic-ratelimit-${limit}-remaining`) !== '0') return [];
    const waitMs = Date.parse(headers.get(`anthropic-ratelimit-${limit}-reset`) ?? '') - now;
    return waitMs >= 0 ? [Math.ceil(waitMs)] : [];
  });
  return resets.length === 0 ? undefined : Math.max(...resets);
}
