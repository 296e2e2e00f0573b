import { randomBytes } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import type { HttpEnv } from '../http-env.ts';

/** The header of every answer. The same id stands in the log. */
const REQUEST_ID = 'X-Request-Id';

/** Gives each request an id, which a person can name when they report a fault. */
export function requestId(): MiddlewareHandler<HttpEnv> {
  return async function nameRequest(c, next) {
    const id = randomBytes(6).toString('base64url');
    c.set('requestId', id);
    await next();
    c.header(REQUEST_ID, id);
  };
}
