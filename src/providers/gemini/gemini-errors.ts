import * as z from 'zod';
import { AppError, type ErrorCode } from '../../base/errors.ts';
import { retryAfterOf, type Service, toConnectionFault, toRefusalFault } from '../shared/service-faults.ts';

type Sdk = typeof import('@google/genai');

/** The status and headers of the answer that a fault came with, as the call's own `fetch` saw them. */
export interface Seen {
  ok?: boolean;
  headers?: Pick<Headers, 'get'>;
}

/** Google's error model: the details are more precise than the status. */
const wireError = z.looseObject({
  error: z.looseObject({
    message: z.string().default(''),
    details: z.array(z.looseObject({ '@type': z.string().optional() })).default([]),
  }),
});

/** An error of the SDK as an AppError. */
export function toModelError(
  thrown: unknown,
  sdk: Sdk,
  { service, model, seen, now }: { service: Service; model: string; seen: Seen; now: number },
): AppError {
  if (thrown instanceof AppError) return thrown;
  if (!(thrown instanceof sdk.ApiError)) return toConnectionFault(service, thrown);
  const { said, details } = read(thrown.message);
  const code = codeOf(thrown.status, said, JSON.stringify(details));
  const asked = seen.headers === undefined ? undefined : retryAfterOf(seen.headers, now);
  return toRefusalFault(service, model, {
    // An error in the middle of a stream comes after a status of 200: the streamed part is charged for.
    status: seen.ok === true ? undefined : thrown.status,
    said,
    code: seen.ok === true ? (code ?? streamCode(thrown.status)) : code,
    retryAfterMs: asked ?? retryDelayIn(details),
    cause: thrown,
  });
}

function streamCode(status: number): ErrorCode {
  if (status === 429) return 'model_rate_limited';
  return status === 503 ? 'model_overloaded' : 'model_server_error';
}

/** The meaning of an error whose words or details are more precise than its status. */
export function codeOf(status: number, said: string, details: string): ErrorCode | undefined {
  // A refused key has status 400.
  if (details.includes('API_KEY_INVALID') || /api key not valid|api key expired/i.test(said))
    return 'model_key_refused';
  if (status === 400 && /location is not supported|FAILED_PRECONDITION/i.test(said)) return 'model_permission_denied';
  // A daily quota is not worth waiting for.
  if (status === 429 && (/PerDay/.test(details) || /credits are depleted|spending (cap|limit)/i.test(said))) {
    return 'model_spend_limit';
  }
  return undefined;
}

/** The SDK's message is the body of the answer; in a stream, the SDK's own text comes before it. */
function read(message: string): { said: string; details: Record<string, unknown>[] } {
  const start = message.indexOf('{');
  try {
    const { error } = wireError.parse(JSON.parse(message.slice(Math.max(0, start))));
    return { said: error.message, details: error.details };
  } catch {
    // A gateway's page instead of an error of the API.
    return { said: message, details: [] };
  }
}

/** `google.rpc.RetryInfo`: `"retryDelay": "34.07s"`. */
function retryDelayIn(details: readonly Record<string, unknown>[]): number | undefined {
  const delays = details.flatMap(({ retryDelay }) => {
    const seconds = typeof retryDelay === 'string' ? /^(\d+(?:\.\d+)?)s$/.exec(retryDelay)?.[1] : undefined;
    return seconds === undefined ? [] : [Math.ceil(Number(seconds) * 1000)];
  });
  return delays.length === 0 ? undefined : Math.max(...delays);
}
