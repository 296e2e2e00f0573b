import { AppError } from '../base/errors.ts';
import type { Caller, Scope } from './contract/caller.ts';

/**
 * Checks the permissions of a caller.
 * @throws AppError `scope_missing`
 */
export function requireScope({ name, scopes }: Pick<Caller, 'name' | 'scopes'>, scope: Scope): void {
  if (scopes.includes(scope)) return;
  throw new AppError('scope_missing', `${name} is not allowed to do this: it needs the scope ${scope}.`);
}
