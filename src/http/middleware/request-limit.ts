import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { AppError } from '../../base/errors.ts';

/** Refuses bodies above `maxMib` MiB with `payload_too_large`. A body is read only up to the limit. */
export function requestLimit({ maxMib }: { maxMib: number }): MiddlewareHandler {
  return bodyLimit({
    maxSize: maxMib * 1024 * 1024,
    onError: (c) => {
      throw new AppError('payload_too_large', `The body of ${c.req.path} is larger than ${maxMib} MiB.`);
    },
  });
}
