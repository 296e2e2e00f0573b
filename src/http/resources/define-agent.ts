import { AppError } from '../../base/errors.ts';
import type { Runner } from '../../runner/runner.ts';

/**
 * Defines an agent as a request asks for it. A model that this server can't call is a fault of the request, which can
 * name another.
 * @throws AppError `invalid_arguments`
 */
export async function defineAgent(
  runner: Runner,
  ...asked: Parameters<Runner['define']>
): ReturnType<Runner['define']> {
  try {
    return await runner.define(...asked);
  } catch (thrown) {
    if (!(thrown instanceof AppError) || thrown.code !== 'config_invalid') throw thrown;
    throw new AppError('invalid_arguments', thrown.message, { cause: thrown });
  }
}
