import { AppError, type ErrorCode, type Fault } from '../../base/errors.ts';
import { parseJson } from '../../base/json/exact-number.ts';

/** The settled form of a call of the client, with `parseAs: 'text'`. */
interface Answered {
  data?: unknown;
  error?: unknown;
  response: Response;
}

/**
 * The body of an answer.
 * @throws AppError the fault that the server named, with its code; `location_unavailable` when it can't be reached
 */
export async function answerOf<Body>(call: Promise<Answered>): Promise<Body> {
  const { data, error, response } = await reached(call);
  if (!response.ok) throw faultOf(error, response);
  return (typeof data === 'string' && data !== '' ? parseJson(data) : undefined) as Body;
}

/** The bytes of an answer, with `parseAs: 'stream'`. Throws as {@link answerOf}. */
export async function bytesOf(call: Promise<Answered>): Promise<ReadableStream<Uint8Array>> {
  const { data, error, response } = await reached(call);
  if (!response.ok) throw faultOf(error, response);
  return data as ReadableStream<Uint8Array>;
}

async function reached(call: Promise<Answered>): Promise<Answered> {
  try {
    return await call;
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    if (cause instanceof Error && cause.name === 'AbortError') {
      throw new AppError('aborted', 'The request was cancelled.', { cause });
    }
    const inner = cause instanceof Error ? (cause.cause ?? cause) : cause;
    const why = inner instanceof Error ? inner.message || String((inner as { code?: string }).code) : String(inner);
    throw new AppError('location_unavailable', `The server can not be reached: ${why}. Check the URL of --server.`, {
      cause,
      retryable: true,
    });
  }
}

/** The fault in the body of an answer: problem+json, or whatever else a server sent. */
export function faultOf(body: unknown, { status, url }: Pick<Response, 'status' | 'url'>): AppError {
  const parsed = typeof body === 'string' ? tryJson(body) : body;
  if (typeof parsed === 'object' && parsed !== null && 'code' in parsed && 'detail' in parsed) {
    const faults = 'faults' in parsed && Array.isArray(parsed.faults) ? (parsed.faults as Fault[]) : [];
    return new AppError(String(parsed.code) as ErrorCode, String(parsed.detail), { faults });
  }
  return new AppError('location_unavailable', `${url} answered ${status}, which is no answer of a Rowmill server.`);
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
