import type { Context, ErrorHandler, NotFoundHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { AppError, type ErrorCode, type Fault } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { hasOpenAiErrors, openAiError } from '../openai-error.ts';
import { answerProblem, problemOf } from '../problem.ts';
import { statusOf } from './error-status.ts';

/** How long a client waits when nothing says it better, in milliseconds. */
const RETRY_AFTER_MS = 1_000;

/** Answers every fault of every route. An unexpected fault is logged; the client gets no internal details. */
export function onError(log: Log): ErrorHandler {
  return function answerError(thrown, c) {
    const error = thrown instanceof HTTPException ? fromHttp(thrown, c) : thrown;
    if (!(error instanceof AppError) || error.code === 'internal') {
      log.error({ err: thrown, method: c.req.method, path: c.req.path, request: c.get('requestId') }, 'request failed');
      return answerFault(c, new AppError('internal', INTERNAL), 500);
    }
    const status = thrown instanceof HTTPException ? thrown.status : statusOf(error.code);
    if (error.code === 'unauthorized') c.header('WWW-Authenticate', 'Bearer realm="rowmill"');
    const waitMs = error.retryAfterMs ?? (status === 429 ? RETRY_AFTER_MS : undefined);
    if (waitMs !== undefined) c.header('Retry-After', String(Math.ceil(waitMs / 1000)));
    return answerFault(c, error, status);
  };
}

function answerFault(c: Context, error: AppError, status: ContentfulStatusCode): Response {
  if (hasOpenAiErrors(c.req.path)) return c.json(openAiError(error, status), status);
  return answerProblem(c, problemOf(error, status));
}

const INTERNAL = 'The request failed inside the server; its log says why.';

/** Answers requests that match no route. */
export function onNotFound(): NotFoundHandler {
  return function answerNotFound(c) {
    const message = `There is no ${c.req.method} ${c.req.path}. GET /openapi.json lists the paths.`;
    return answerFault(c, new AppError('not_found', message), 404);
  };
}

/** The faults that hono itself finds in a request, as our errors. */
function fromHttp(thrown: HTTPException, c: Context): AppError | HTTPException {
  const faults: { [status: number]: [ErrorCode, Fault] } = {
    400: ['invalid_arguments', { place: 'body', message: 'The body is not valid JSON.', fix: 'Send valid JSON.' }],
    413: ['payload_too_large', { place: 'body', message: 'The body is too large.' }],
    415: [
      'invalid_arguments',
      {
        place: 'header.content-type',
        message: `Send the body of ${c.req.path} as content-type: application/json.`,
        fix: 'Send content-type: application/json.',
      },
    ],
  };
  const entry = faults[thrown.status];
  if (entry === undefined) return thrown;
  const [code, fault] = entry;
  return new AppError(code, fault.message, { cause: thrown, faults: [fault] });
}
