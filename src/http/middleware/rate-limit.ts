import type { MiddlewareHandler } from 'hono';
import { AppError } from '../../base/errors.ts';
import type { HttpEnv } from '../http-env.ts';

/** What a key may still send: a minute's requests at once, and then as fast as its limit allows. */
interface Bucket {
  left: number;
  at: number;
}

const MINUTE_MS = 60_000;

/**
 * Refuses requests of a key above its rate limit. Each process counts for itself.
 * @param now a clock in milliseconds
 */
export function rateLimit(now: () => number): MiddlewareHandler<HttpEnv> {
  const buckets = new Map<string, Bucket>();
  return async function limitRate(c, next) {
    const { id, name, requests_per_minute: limit } = c.get('caller');
    if (limit !== null) {
      const at = now();
      const bucket = buckets.get(id) ?? { left: limit, at };
      bucket.left = Math.min(limit, bucket.left + ((at - bucket.at) * limit) / MINUTE_MS);
      bucket.at = at;
      buckets.set(id, bucket);
      if (bucket.left < 1) {
        const message = `The key ${name} may send ${limit} requests a minute. Send this one again later.`;
        const retryAfterMs = ((1 - bucket.left) * MINUTE_MS) / limit;
        throw new AppError('rate_limited', message, { retryable: true, retryAfterMs });
      }
      bucket.left -= 1;
    }
    await next();
  };
}
