import { AppError } from '../base/errors.ts';
import type { Caller, Scope } from './contract/caller.ts';

/**
 * The one place where it is checked what a caller may do.
 * @throws AppError `unauthorized`
 */
export function requireScope({ name, scopes }: Pick<Caller, 'name' | 'scopes'>, scope: Scope): void {
  if (scopes.includes(scope)) return;
  throw new AppError('unauthorized', `${name} may not do this: it needs the scope ${scope}.`);
}
