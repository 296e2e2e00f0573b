import type { OpenAPIHono } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import type { HttpEnv } from './http-env.ts';
import type { IdempotentOptions } from './middleware/idempotency.ts';
import type { EventStreams } from './sse.ts';

/** The app that resources add their routes to, and what all of them share. */
export interface HttpFace {
  app: OpenAPIHono<HttpEnv>;
  /** Refuses larger bodies with 413; all bodies together have a budget. Every route with a body has one. */
  limitBody(maxMib: number): MiddlewareHandler;
  /** For every POST that creates: a repeated `Idempotency-Key` gets the first answer again. */
  idempotent(options?: IdempotentOptions): MiddlewareHandler<HttpEnv>;
  /** Server-sent events. */
  streams: EventStreams;
}
