import type { MiddlewareHandler } from 'hono';
import type { Scope } from '../../runner/contract/caller.ts';
import { requireScope } from '../../runner/require-scope.ts';
import type { HttpEnv } from '../http-env.ts';

/** For routes that do not go through the runner, which checks the scopes of its callers itself. */
export function callerNeeds(scope: Scope): MiddlewareHandler<HttpEnv> {
  return async function checkScope(c, next) {
    requireScope(c.get('caller'), scope);
    await next();
  };
}
