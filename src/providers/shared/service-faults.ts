import { AppError, type AppErrorOptions, type ErrorCode } from '../../base/errors.ts';
import type { ModelResponse } from '../../protocol/messages.ts';
import { NO_USAGE } from '../../protocol/messages.ts';
import { accountFault, errorInBody } from './account-faults.ts';

/** How messages name a provider's service and its settings. */
export interface Service {
  /** `OpenAI`; starts a sentence. */
  name: string;
  /** Where its credentials come from: `OPENAI_API_KEY`. */
  credentials: string;
  /** The setting that decides where calls go: `OPENAI_BASE_URL`. */
  address: string;
  /** What to do when its spend limit is reached, as a sentence. */
  addCredit: string;
}

/** An error answer of a service. */
export interface Refusal {
  /** Undefined when the fault came in the middle of a stream: the part streamed so far is charged for. */
  status: number | undefined;
  /** The service's own words. */
  said: string;
  /** Set where the service's own error code is more precise than its status. */
  code?: ErrorCode | undefined;
  /** The service's own codes and types, see {@link accountFault}. */
  codes?: readonly (string | number | null | undefined)[] | undefined;
  retryAfterMs?: number | undefined;
  cause: unknown;
}

/** Faults of a connection that happen before anything is sent, so that nothing can have been charged. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'CONNECT_TIMEOUT',
  'NOT_SENT',
  'CLOSED',
  // The proxy opened no connection to the server.
  'ERR_PROXY_TUNNEL',
]);
const TOO_LONG =
  /prompt is too long|context (window|length|limit|size)|maximum context|too many (input |total )?tokens|input is too long|input token count|request too large|exceeds? the (model's )?maximum/i;
const TRANSIENT: ReadonlySet<ErrorCode> = new Set([
  'model_rate_limited',
  'model_overloaded',
  'model_server_error',
  'model_timeout',
]);

/** An answer that was received and charged for, but can't be used. */
export function invalidResponse(service: string, reason: string, cause?: unknown): AppError {
  const text = `The answer of ${service} can't be read: ${reason}.`;
  return new AppError('model_response_invalid', text, { retryable: true, outcomeUnknown: true, cause });
}

/** There is neither a key nor another credential, so nothing was sent. */
export function lacksCredentials({ credentials }: Service, model: string): AppError {
  return new AppError('model_key_refused', `${model} needs a key: set ${credentials}.`);
}

/** The fault for an error that was thrown because no answer came, or none that can be read. */
export function toConnectionFault({ name, address }: Service, thrown: unknown): AppError {
  if (thrown instanceof SyntaxError) return invalidResponse(name, 'it is not whole JSON', thrown);
  const code = connectionCode(thrown);
  if (code === undefined && !(thrown instanceof TypeError)) {
    return invalidResponse(name, thrown instanceof Error ? thrown.message : String(thrown), thrown);
  }
  const why = code === undefined ? '' : ` (${code})`;
  const text = `The connection to ${name} failed${why}. Check the network and ${address}.`;
  const outcomeUnknown = code === undefined || !NEVER_SENT.has(code);
  return new AppError('model_unreachable', text, { retryable: true, outcomeUnknown, cause: thrown });
}

/** The system's code of a connection fault, found in the chain of causes. */
export function connectionCode(thrown: unknown): string | undefined {
  let fault: unknown = thrown;
  for (let depth = 0; depth < 6 && fault instanceof Error; depth += 1) {
    if ('code' in fault && typeof fault.code === 'string' && /^[A-Z][A-Z_]+$/.test(fault.code)) return fault.code;
    fault = fault instanceof AggregateError ? fault.errors[0] : fault.cause;
  }
  return undefined;
}

/** A service's refusal as one of our errors; its own code takes precedence over its status. */
export function toRefusalFault(service: Service, model: string, refusal: Refusal): AppError {
  const { status, said, codes = [], retryAfterMs, cause } = refusal;
  const code = refusal.code ?? accountFault({ status, codes, said }) ?? codeOf(status, said);
  const options: AppErrorOptions = { cause };
  if (TRANSIENT.has(code)) {
    options.retryable = true;
    if (retryAfterMs !== undefined) options.retryAfterMs = retryAfterMs;
  }
  const isOfAccount =
    code === 'model_spend_limit' || code === 'model_key_refused' || code === 'model_permission_denied';
  if ((status === undefined && !isOfAccount) || code === 'model_timeout') options.outcomeUnknown = true;
  return new AppError(code, textOf(code, service, { model, status, said: withoutStop(said) }), options);
}

/** What a service said, for the middle of a sentence: without a full stop of its own. */
export function withoutStop(said: string): string {
  return said.replace(/\.\s*$/, '');
}

function codeOf(status: number | undefined, said: string): ErrorCode {
  if (status === undefined) return 'model_server_error';
  if (status === 413) return 'context_too_long';
  if (status === 404) return 'model_unknown';
  // A call that is larger than the limit of a minute is always refused.
  if (status === 429) return /request too large/i.test(said) ? 'context_too_long' : 'model_rate_limited';
  if (status === 503 || status === 529) return 'model_overloaded';
  if (status === 408 || status === 504) return 'model_timeout';
  if (status === 409 || status >= 500) return 'model_server_error';
  return TOO_LONG.test(said) ? 'context_too_long' : 'model_request_invalid';
}

interface Wording {
  model: string;
  status: number | undefined;
  said: string;
}

function textOf(code: ErrorCode, service: Service, { model, status, said }: Wording): string {
  const { name, credentials, address, addCredit } = service;
  switch (code) {
    case 'model_spend_limit':
      return `The spend limit of ${name} is reached: ${said}. ${addCredit}`;
    case 'context_too_long':
      return `The conversation is longer than ${model} can read: ${said}.`;
    case 'model_key_refused':
      return `${name} refused the key of ${credentials}: ${said}. Set a valid one.`;
    case 'model_permission_denied':
      return `The key of ${credentials} may not do this: ${said}.`;
    case 'model_unknown':
      return `${name} does not know the model "${model}": ${said}. Check its name in the agent, and ${address}.`;
    case 'model_rate_limited':
      return `The rate limit of ${name} is reached: ${said}.`;
    case 'model_overloaded':
      return `${name} is overloaded: ${said}.`;
    case 'model_timeout':
      return `${name} did not finish in time: ${said}.`;
    case 'model_server_error':
      return `${name} failed ${status === undefined ? 'in its answer' : `with status ${status}`}: ${said}.`;
    default:
      return `${name} refused the request${status === undefined ? '' : ` with status ${status}`}: ${said}.`;
  }
}

/**
 * The fault that a body reports although its status is one of success; undefined if it reports none. Whether such an
 * answer was charged for is not known, unless it is about the account.
 */
export function faultInBody(service: Service, model: string, body: unknown): AppError | undefined {
  const error = errorInBody(body);
  return error === undefined ? undefined : toRefusalFault(service, model, { ...error, cause: body });
}

/** An answer that a filter of the service gave instead of the model: nothing was charged for it. */
export function filteredResponse(model: string, stopDetails: string): ModelResponse {
  return { content: [], stopReason: 'refusal', stopDetails, usage: NO_USAGE, model };
}

/** How long a refusal asks to wait: `retry-after-ms` or `retry-after`, in milliseconds. @param now since the epoch */
export function retryAfterOf(headers: Pick<Headers, 'get'>, now: number): number | undefined {
  const milliseconds = Number(headers.get('retry-after-ms') ?? Number.NaN);
  if (milliseconds >= 0) return Math.ceil(milliseconds);
  const after = headers.get('retry-after');
  if (after === null) return undefined;
  const seconds = Number(after);
  const waitMs = Number.isNaN(seconds) ? Date.parse(after) - now : seconds * 1000;
  return waitMs >= 0 ? Math.ceil(waitMs) : undefined;
}
