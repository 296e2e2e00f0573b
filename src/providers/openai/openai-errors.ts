import type { APIError } from 'openai';
import { AppError, type ErrorCode } from '../../base/errors.ts';
import { retryAfterOf, type Service, toConnectionFault, toRefusalFault } from '../shared/service-faults.ts';
import { resetOfUsedUp } from './openai-limits.ts';

type Sdk = typeof import('openai');

/** The meaning of the API's error codes and types that are more precise than the status. */
const CODES: { [code: string]: ErrorCode } = {
  model_not_found: 'model_unknown',
  context_length_exceeded: 'context_too_long',
  string_above_max_length: 'context_too_long',
  rate_limit_exceeded: 'model_rate_limited',
};

const FILTERS = new Set(
  'invalid_prompt content_filter content_policy_violation bio_policy misalignment_policy_violation'.split(' '),
);

/** An error of the SDK as an AppError. @param now milliseconds since the epoch */
export function toModelError(
  thrown: unknown,
  sdk: Sdk,
  { service, model, now }: { service: Service; model: string; now: number },
): AppError {
  if (thrown instanceof AppError) return thrown;
  if (thrown instanceof sdk.APIUserAbortError) {
    return new AppError('aborted', 'The model call was cancelled.', { outcomeUnknown: true, cause: thrown });
  }
  if (thrown instanceof sdk.APIConnectionTimeoutError) {
    const text = `${service.name} did not answer in time.`;
    return new AppError('model_timeout', text, { retryable: true, outcomeUnknown: true, cause: thrown });
  }
  // A subclass of APIError, so it must be checked first.
  if (thrown instanceof sdk.APIConnectionError || !(thrown instanceof sdk.APIError)) {
    return toConnectionFault(service, thrown);
  }
  const { headers } = thrown;
  return toRefusalFault(service, model, {
    status: thrown.status,
    said: saidIn(thrown),
    code: codeOf(thrown),
    codes: [thrown.code, thrown.type],
    retryAfterMs: headers === undefined ? undefined : (retryAfterOf(headers, now) ?? resetOfUsedUp(headers)),
    cause: thrown,
  });
}

/** The message of a filter that refused a request before the model saw it. */
export function filteredBy(thrown: unknown, sdk: Sdk): string | undefined {
  if (!(thrown instanceof sdk.APIError) || thrown.status !== 400) return undefined;
  return isFilter(thrown.code) ? `${thrown.code}: ${saidIn(thrown)}` : undefined;
}

/** Whether a code means that a filter refused the prompt, which is treated as a refusal of the model. */
export function isFilter(code: string | null | undefined): boolean {
  return FILTERS.has(code ?? '');
}

/** The meaning of an error's code, where it is known. */
export function meaningOf(code: string | null | undefined, said: string): ErrorCode | undefined {
  // A request that is larger than a whole minute's limit has the code of a rate limit, but waiting does not help.
  if (/request too large/i.test(said)) return 'context_too_long';
  return CODES[code ?? ''];
}

function codeOf(error: APIError): ErrorCode | undefined {
  return meaningOf(error.code, error.message) ?? CODES[error.type ?? ''];
}

/** The service's own words: the SDK puts the status before them. */
function saidIn(error: APIError): string {
  const said: unknown = (error.error as { message?: unknown } | undefined)?.message;
  return typeof said === 'string' && said !== '' ? said : error.message.replace(/^\d{3} /, '');
}
