import { createHash, timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { AppError } from '../../base/errors.ts';

/** How {@link bearerAuth} is set up. */
export interface BearerAuthOptions {
  /** The keys that are taken; none means that no key is asked for. */
  apiKeys: readonly string[];
  /** Paths that are open to everybody. */
  openPaths?: readonly string[];
}

/** Asks for `Authorization: Bearer KEY`. Keys are compared in constant time, all of them, by their digests. */
export function bearerAuth({ apiKeys, openPaths = [] }: BearerAuthOptions): MiddlewareHandler {
  const digests = apiKeys.map(digest);
  return async function checkBearer(c, next) {
    if (digests.length === 0 || openPaths.includes(c.req.path)) return next();
    const given = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
    if (given === undefined || !isOneOf(digest(given), digests)) {
      const fault = given === undefined ? 'A key is needed' : 'The key is not known';
      throw new AppError('unauthorized', `${fault}: send "Authorization: Bearer KEY" with one of ROWMILL_API_KEYS.`);
    }
    return next();
  };
}

function isOneOf(given: Buffer, digests: readonly Buffer[]): boolean {
  let isKnown = false;
  for (const known of digests) isKnown = timingSafeEqual(given, known) || isKnown;
  return isKnown;
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
