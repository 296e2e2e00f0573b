import { test } from 'vitest';
import { REDIS_URL } from './fleet-site.ts';

const SKIPPED = '(skipped without ROWMILL_TEST_REDIS_URL, such as redis://127.0.0.1:6379)';

/** A test that needs a Redis. Where there is none it is skipped, and its name says what to set. */
export const onRedis = (name: string, run: () => Promise<void>): void => {
  if (REDIS_URL === undefined) test.skip(`${name} ${SKIPPED}`, run);
  else test(name, run);
};
