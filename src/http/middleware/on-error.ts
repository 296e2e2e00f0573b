import type { Context, ErrorHandler, NotFoundHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { AppError, type ErrorCode } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { statusOf } from './error-status.ts';

/** The body of every answer that is not a success. */
export interface ErrorBody {
  error: { code: string; message: string };
}

/** An error as the body that clients get. */
export function errorBody(code: string, message: string): ErrorBody {
  return { error: { code, message } };
}

/** Answers every fault of every route. An unexpected fault is logged; the client gets no internal details. */
export function onError(log: Log): ErrorHandler {
  return function answerError(thrown, c) {
    const error = thrown instanceof HTTPException ? fromHttp(thrown, c) : thrown;
    if (!(error instanceof AppError) || error.code === 'internal') {
      log.error({ err: thrown, method: c.req.method, path: c.req.path }, 'request failed');
      return c.json(errorBody('internal', 'The request failed inside the server; its log says why.'), 500);
    }
    if (error.code === 'unauthorized') c.header('WWW-Authenticate', 'Bearer realm="rowmill"');
    if (error.retryAfterMs !== undefined) c.header('Retry-After', String(Math.ceil(error.retryAfterMs / 1000)));
    const status = thrown instanceof HTTPException ? thrown.status : statusOf(error.code);
    return c.json(errorBody(error.code, error.message), status as 400);
  };
}

/** Answers requests that match no route. */
export function onNotFound(): NotFoundHandler {
  return function answerNotFound(c) {
    const message = `There is no ${c.req.method} ${c.req.path}. GET /openapi.json lists the paths.`;
    return c.json(errorBody('not_found', message), 404);
  };
}

/** The faults that hono itself finds in a request, as our errors. */
function fromHttp(thrown: HTTPException, c: Context): AppError | HTTPException {
  const told: { [status: number]: [ErrorCode, string] } = {
    400: ['invalid_arguments', 'The body is not valid JSON.'],
    413: ['payload_too_large', 'The body is too large.'],
    415: ['invalid_arguments', `Send the body of ${c.req.path} as content-type: application/json.`],
  };
  const entry = told[thrown.status];
  return entry === undefined ? thrown : new AppError(entry[0], entry[1], { cause: thrown });
}
