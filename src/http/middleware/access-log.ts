import type { Context, MiddlewareHandler } from 'hono';
import type { Log } from '../../base/log.ts';
import type { HttpEnv } from '../http-env.ts';

/**
 * Logs every request when its answer is over: method, path (without the query), status, time, key and size. Below the
 * level `info` it costs nothing.
 */
export function accessLog(log: Log, now: () => number): MiddlewareHandler<HttpEnv> {
  return async function logAccess(c, next) {
    if (!log.isLevelEnabled('info')) return next();
    const from = now();
    await next();
    const write = (bytes: number) =>
      log.info(
        {
          method: c.req.method,
          path: pathOf(c),
          request: c.get('requestId'),
          status: c.res.status,
          ms: Math.round(now() - from),
          key: c.get('caller')?.name ?? null,
          bytes,
        },
        'request',
      );
    if (c.res.body === null) write(0);
    else c.res = new Response(counted(c.res.body, write), c.res);
  };
}

/** A stream that reports its size once, at its end or when its client leaves. */
function counted(body: ReadableStream<Uint8Array>, onEnd: (bytes: number) => void): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let bytes = 0;
  let end = (): void => {
    end = () => undefined;
    onEnd(bytes);
  };
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) {
        controller.close();
        end();
        return;
      }
      bytes += value.byteLength;
      controller.enqueue(value);
    },
    async cancel(reason) {
      end();
      await reader.cancel(reason);
    },
  });
}

/** The code of a confirmation lets its holder agree, so it stays out of the log. */
function pathOf(c: Context): string {
  return c.req.path.replace(/^(\/v1\/confirmations\/|\/confirm\/).+/, '$1…');
}
