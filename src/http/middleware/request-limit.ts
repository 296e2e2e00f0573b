import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { AppError } from '../../base/errors.ts';

const MIB = 1024 * 1024;

/** Memory that the bodies of all requests may take together. */
export interface BodyBudget {
  /**
   * Takes room for a body until it is given back.
   * @throws AppError `too_busy` while other bodies take too much
   */
  take(bytes: number): () => void;
}

/** @param maxMib how many MiB all bodies may take together; 64 by default */
export function createBodyBudget({ maxMib = 64 }: { maxMib?: number } = {}): BodyBudget {
  let taken = 0;
  return {
    take(bytes) {
      if (taken + bytes > maxMib * MIB) {
        throw new AppError('too_busy', 'Too many large requests arrive at the same time. Send this one again.', {
          retryable: true,
          retryAfterMs: 1_000,
        });
      }
      taken += bytes;
      let isTaken = true;
      return () => {
        if (isTaken) taken -= bytes;
        isTaken = false;
      };
    },
  };
}

/**
 * Refuses bodies above `maxMib` MiB with `payload_too_large`. A body is read only up to the limit, and counts against
 * the budget of all bodies until the request is answered or its answer begins to stream.
 */
export function requestLimit({ maxMib }: { maxMib: number }, budget: BodyBudget): MiddlewareHandler {
  const limit = bodyLimit({
    maxSize: maxMib * MIB,
    onError: (c) => {
      throw new AppError('payload_too_large', `The body of ${c.req.path} is larger than ${maxMib} MiB.`);
    },
  });
  return async function limitBody(c, next) {
    const length = c.req.header('content-length');
    // A body of unknown length may reach the limit; one that says more is refused before it is read.
    const bytes = length === undefined ? (c.req.raw.body === null ? 0 : maxMib * MIB) : Number(length);
    const giveBack = budget.take(Math.min(Number.isFinite(bytes) ? bytes : 0, maxMib * MIB));
    try {
      return await limit(c, next);
    } finally {
      giveBack();
    }
  };
}
