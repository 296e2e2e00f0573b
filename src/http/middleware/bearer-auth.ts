import { createHash, timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { AppError } from '../../base/errors.ts';
import { keyCaller } from '../../runner/contract/caller.ts';

/** How {@link bearerAuth} is set up. */
export interface BearerAuthOptions {
  /** The accepted keys; if there are none, no key is required. */
  apiKeys: readonly string[];
  /** Paths that require no key. */
  openPaths?: readonly string[];
  /** A path below which pages require no key. */
  openBelow?: string;
}

/** The variable that the middleware sets: the id of the caller whose key was sent; undefined if none is required. */
export type AuthEnv = { Variables: { callerId: string | undefined } };

/** Requires `Authorization: Bearer KEY`. The digests of all keys are compared, in constant time. */
export function bearerAuth({ apiKeys, openPaths = [], openBelow }: BearerAuthOptions): MiddlewareHandler<AuthEnv> {
  const known = apiKeys.map((key) => ({ digest: digest(key), callerId: keyCaller(key, 'chat').id }));
  return async function checkBearer(c, next) {
    const isOpen = openPaths.includes(c.req.path) || (openBelow !== undefined && c.req.path.startsWith(openBelow));
    if (known.length === 0 || isOpen) return next();
    const given = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
    const callerId = given === undefined ? undefined : callerOf(digest(given), known);
    if (callerId === undefined) {
      const fault = given === undefined ? 'A key is required' : 'The key is unknown';
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
