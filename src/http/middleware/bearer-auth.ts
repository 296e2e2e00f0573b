import { createHash, timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { AppError } from '../../base/errors.ts';
import { keyCaller } from '../../runner/contract/caller.ts';

/** How {@link bearerAuth} is set up. */
export interface BearerAuthOptions {
  /** The keys that are taken; none means that no key is asked for. */
  apiKeys: readonly string[];
  /** Paths that are open to everybody. */
  openPaths?: readonly string[];
}

/** What the middleware says of a request: the id of the caller whose key it has; undefined where none is asked for. */
export type AuthEnv = { Variables: { callerId: string | undefined } };

/** Asks for `Authorization: Bearer KEY`. Keys are compared in constant time, all of them, by their digests. */
export function bearerAuth({ apiKeys, openPaths = [] }: BearerAuthOptions): MiddlewareHandler<AuthEnv> {
  const known = apiKeys.map((key) => ({ digest: digest(key), callerId: keyCaller(key, 'chat').id }));
  return async function checkBearer(c, next) {
    if (known.length === 0 || openPaths.includes(c.req.path)) return next();
    const given = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
    const callerId = given === undefined ? undefined : callerOf(digest(given), known);
    if (callerId === undefined) {
      const fault = given === undefined ? 'A key is needed' : 'The key is not known';
      throw new AppError('unauthorized', `${fault}: send "Authorization: Bearer KEY" with one of ROWMILL_API_KEYS.`);
    }
    c.set('callerId', callerId);
    return next();
  };
}

function callerOf(given: Buffer, known: readonly { digest: Buffer; callerId: string }[]): string | undefined {
  let found: string | undefined;
  for (const one of known) if (timingSafeEqual(given, one.digest)) found = one.callerId;
  return found;
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
