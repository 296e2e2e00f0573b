import type { MiddlewareHandler } from 'hono';
import type { Access } from '../../access/access.ts';
import { AppError } from '../../base/errors.ts';
import { localCaller } from '../../runner/contract/caller.ts';
import type { HttpEnv } from '../http-env.ts';

/** How {@link authenticate} is set up. */
export interface AuthenticateOptions {
  access: Access;
  /** Paths that require no key. */
  openPaths?: readonly string[];
  /** A path below which pages require no key. */
  openBelow?: string;
}

/** Sets who calls: the caller of `Authorization: Bearer KEY`, or the local one where no key is required. */
export function authenticate({ access, openPaths = [], openBelow }: AuthenticateOptions): MiddlewareHandler<HttpEnv> {
  return async function checkKey(c, next) {
    const isOpen = openPaths.includes(c.req.path) || (openBelow !== undefined && c.req.path.startsWith(openBelow));
    if (isOpen || !(await access.requiresKey())) {
      c.set('caller', localCaller('http'));
      return next();
    }
    const given = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
    const caller = given === undefined ? undefined : await access.identify(given, 'http');
    if (caller === undefined) {
      const fault = given === undefined ? 'A key is required' : 'The key is unknown';
      const fix = 'Send "Authorization: Bearer KEY" with a key of this server, such as one of ROWMILL_API_KEYS.';
      throw new AppError('unauthorized', `${fault}: ${fix.charAt(0).toLowerCase()}${fix.slice(1)}`, {
        faults: [{ place: 'header.authorization', message: `${fault}.`, fix }],
      });
    }
    c.set('caller', caller);
    return next();
  };
}
