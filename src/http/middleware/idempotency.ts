import { createHash } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import type { Context, MiddlewareHandler } from 'hono';
import { AppError } from '../../base/errors.ts';
import type { IdempotencyStore, IdempotentRequest } from '../../storage/idempotency.ts';
import type { HttpEnv } from '../http-env.ts';

/** How long an answer is kept. */
const KEPT_MS = 24 * 60 * 60_000;
/** How long a request may take before another process may carry it out again. */
const BUSY_MS = 10 * 60_000;
const KEPT_HEADERS = ['content-type', 'location'];
const PLACE = 'header.idempotency-key';

/** The header, for the schema of a route: `request: { headers: idempotencyHeader }`. */
export const idempotencyHeader = z.object({
  'idempotency-key': z.string().min(1).max(255).optional().openapi({
    description: 'Any text of yours. The same request with the same key is carried out once, and answered the same.',
  }),
});

/** How {@link idempotency} treats a route. */
export interface IdempotentOptions {
  /** `streamed`: the body is not read, and only path, length and type tell requests apart. */
  body?: 'read' | 'streamed';
}

/**
 * Carries out a POST with a known `Idempotency-Key` once: the same body gets the same answer again, another one gets
 * 422. Only successes are kept, so a corrected request may use its key again.
 */
export function idempotency(
  { store, now }: { store: IdempotencyStore; now: () => number },
  { body = 'read' }: IdempotentOptions = {},
): MiddlewareHandler<HttpEnv> {
  return async function onlyOnce(c, next) {
    const key = c.req.header('idempotency-key');
    if (key === undefined) return next();
    if (key === '' || key.length > 255) throw keyFault('invalid_arguments', 'must have 1 to 255 characters.');
    const caller = c.get('caller').id;
    c.set('idempotencyKey', `${caller}:${key}`);
    const request = { caller, key, digest: await digestOf(c, body) };
    const at = now();
    const claim = await store.claimKey(request, { now: at, busyUntil: at + BUSY_MS, expiresAt: at + KEPT_MS });
    switch (claim.state) {
      case 'answered': {
        const { status, headers, body: text } = claim.answer;
        return new Response(text === '' ? null : text, {
          status,
          headers: { ...headers, 'idempotency-replayed': 'true' },
        });
      }
      case 'other':
        throw keyFault('idempotency_key_reused', 'belongs to another request. Use a new key for a new request.');
      case 'busy':
        throw keyFault('idempotency_key_busy', 'belongs to a request that is being carried out. Send it again later.');
      case 'new':
        return carryOut(c, next, { store, request });
    }
  };
}

async function carryOut(
  c: Context<HttpEnv>,
  next: () => Promise<void>,
  { store, request }: { store: IdempotencyStore; request: IdempotentRequest },
): Promise<void> {
  let isKept = false;
  try {
    await next();
    if (c.error !== undefined || !c.res.ok) return;
    const headers = Object.fromEntries(
      KEPT_HEADERS.flatMap((name) => {
        const value = c.res.headers.get(name);
        return value === null ? [] : [[name, value]];
      }),
    );
    await store.keepAnswer(request, { status: c.res.status, headers, body: await c.res.clone().text() });
    isKept = true;
  } finally {
    if (!isKept) await store.freeKey(request);
  }
}

async function digestOf(c: Context<HttpEnv>, body: 'read' | 'streamed'): Promise<string> {
  const hash = createHash('sha256').update(`${c.req.method} ${c.req.url.slice(c.req.url.indexOf('/', 8))}\n`);
  if (body === 'read') hash.update(new Uint8Array(await c.req.arrayBuffer()));
  else hash.update(`${c.req.header('content-length') ?? ''} ${c.req.header('content-type') ?? ''}`);
  return hash.digest('base64url');
}

function keyFault(code: 'invalid_arguments' | 'idempotency_key_reused' | 'idempotency_key_busy', reason: string) {
  const message = `The Idempotency-Key ${reason}`;
  const isBusy = code === 'idempotency_key_busy';
  return new AppError(code, message, { faults: [{ place: PLACE, message }], ...(isBusy && { retryAfterMs: 1_000 }) });
}
