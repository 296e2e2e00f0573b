import { AppError } from '../../../base/errors.ts';

/** The fault where a fleet is needed and no Redis is named. */
export function noFleet(): AppError {
  return new AppError(
    'option_not_supported',
    'There is no fleet here: ROWMILL_REDIS_URL is not set. Set it to the Redis of the workers, or use mode realtime.',
  );
}
