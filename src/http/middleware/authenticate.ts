import type { Context, MiddlewareHandler } from 'hono';
import type { Access } from '../../access/access.ts';
import { AppError } from '../../base/errors.ts';
import { type Caller, localCaller } from '../../runner/contract/caller.ts';
import type { HttpEnv } from '../http-env.ts';
import { refuseForgery, sessionToken } from './session-cookie.ts';

/** How {@link authenticate} is set up. */
export interface AuthenticateOptions {
  access: Access;
  /** Whether a request requires no key. */
  isOpen: (method: string, path: string) => boolean;
}

/** Sets who calls: the caller of a key or of a browser's session, or the local one where no key is required. */
export function authenticate({ access, isOpen }: AuthenticateOptions): MiddlewareHandler<HttpEnv> {
  return async function checkKey(c, next) {
    const isAnyone = isOpen(c.req.method, c.req.path) || !(await access.requiresKey());
    c.set('caller', isAnyone ? localCaller('http') : await callerOf(c, access));
    await next();
  };
}

async function callerOf(c: Context, access: Access): Promise<Caller> {
  const key = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
  if (key !== undefined) {
    const caller = await access.identify(key, 'http');
    if (caller === undefined) throw refused('The key is unknown');
    return caller;
  }
  const token = sessionToken(c);
  if (token === undefined) throw refused('A key is required');
  refuseForgery(c);
  const caller = await access.sessions.identify(token, 'http');
  if (caller === undefined) throw refused('The session has ended');
  return caller;
}

function refused(fault: string): AppError {
  const fix = 'send "Authorization: Bearer KEY" with a key of this server, such as one of ROWMILL_API_KEYS.';
  return new AppError('unauthorized', `${fault}: ${fix}`, {
    faults: [{ place: 'header.authorization', message: `${fault}.`, fix: `S${fix.slice(1)}` }],
  });
}
