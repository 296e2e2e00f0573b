import type { MiddlewareHandler } from 'hono';
import { etag } from 'hono/etag';

/** For reports: an `ETag` of the answer, and 304 when the client has it (`If-None-Match`). */
export function reportEtag(): MiddlewareHandler {
  const withEtag = etag({ weak: true });
  return async function tagReport(c, next) {
    await withEtag(c, next);
    // The answer belongs to one caller, and is asked for anew each time.
    c.res.headers.set('Cache-Control', 'private, no-cache');
  };
}
