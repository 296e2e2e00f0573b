import { OpenAPIHono } from '@hono/zod-openapi';
import type { Conversations } from '../agent/conversation/conversation.ts';
import { AppError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { describeZodError } from '../base/schema.ts';
import type { Confirmations } from '../tools/execute/confirmations.ts';
import { type AuthEnv, bearerAuth } from './middleware/bearer-auth.ts';
import { hostGuard, isLoopback } from './middleware/host-guard.ts';
import { onError, onNotFound } from './middleware/on-error.ts';
import { createBodyBudget, requestLimit } from './middleware/request-limit.ts';
import { streamChat } from './resources/chat-stream.ts';
import { CONFIRM_PAGE, confirmPage } from './resources/confirm-page.ts';
import { agreeToConfirmation, confirmationRoutes, readConfirmation } from './resources/confirmations.ts';
import { OPEN_PATHS, routes } from './resources/conversations.ts';
import { createOpenTurns } from './resources/open-turns.ts';

/** The parts of the HTTP face. */
export interface HttpParts {
  conversations: Conversations;
  confirmations: Confirmations;
  /** Answers `/mcp`, every method, for the caller whose key the request has. */
  mcp: (request: Request, callerId: string | undefined) => Promise<Response>;
  /** Keys of clients. If there are any, every path but the probes requires one. */
  apiKeys: readonly string[];
  /** The address to listen on. On a loopback address, only requests to loopback names are accepted. */
  host: string;
  version: string;
  log: Log;
  /** Rejects when requests can't be served, with the reason. */
  ready: () => Promise<void>;
  /** How often an idle chat stream gets a comment, in milliseconds. Default 15,000. */
  keepAliveMs?: number;
  /** Chat turns at the same time; further ones get 429. Default {@link MAX_TURNS}. */
  maxTurns?: number;
}

/** The HTTP face before it listens. */
export interface HttpApp {
  readonly host: string;
  fetch(request: Request): Promise<Response> | Response;
  /** Answers a request without a port, for tests. */
  request(path: string, init?: RequestInit): Promise<Response> | Response;
  /** Ends every chat turn; resolves when each is stored. Idempotent. */
  endTurns(): Promise<void>;
}

/**
 * Makes the HTTP face: chat, conversations, MCP, probes and the OpenAPI document.
 * @throws AppError `config_invalid` when it would listen beyond loopback without a key
 */
export function createHttpApp(parts: HttpParts): HttpApp {
  const { conversations, confirmations, mcp, apiKeys, host, version, log, ready, keepAliveMs = 15_000 } = parts;
  refuseOpenDoor(host, apiKeys);
  const turns = createOpenTurns(parts.maxTurns);
  const bodies = createBodyBudget();
  const app = new OpenAPIHono<AuthEnv>({
    defaultHook: (result) => {
      if (!result.success) throw new AppError('invalid_arguments', `${describeZodError(result.error).join('; ')}.`);
    },
  });
  app.onError(onError(log));
  app.notFound(onNotFound());
  app.use(
    hostGuard({ loopbackOnly: isLoopback(host) }),
    bearerAuth({ apiKeys, openPaths: OPEN_PATHS, openBelow: CONFIRM_PAGE }),
  );

  app.use(routes.chat.getRoutingPath(), requestLimit({ maxMib: 1 }, bodies));
  app.openapi(routes.chat, (c) => streamChat(c, c.req.valid('json'), { conversations, turns, keepAliveMs }));
  app.openapi(routes.conversation, async (c) => {
    const { id } = c.req.valid('param');
    return c.json(await conversations.read(id, c.get('callerId')), 200);
  });
  app.use(confirmationRoutes.agree.getRoutingPath(), requestLimit({ maxMib: 1 }, bodies));
  app.openapi(confirmationRoutes.read, async (c) =>
    c.json(await readConfirmation(c.req.valid('param').code, confirmations), 200),
  );
  app.openapi(confirmationRoutes.agree, async (c) =>
    c.json(await agreeToConfirmation(c, c.req.valid('param').code, confirmations), 200),
  );
  app.get(`${CONFIRM_PAGE}:code`, confirmPage);
  app.openapi(routes.healthz, (c) => c.json({ status: 'ok', version } as const, 200));
  app.openapi(routes.readyz, async (c) => {
    await ready();
    return c.json({ status: 'ok', version } as const, 200);
  });
  app.all('/mcp', requestLimit({ maxMib: 4 }, bodies), (c) => mcp(c.req.raw, c.get('callerId')));
  describeApi(app, version, apiKeys.length > 0);

  return {
    host,
    fetch: (request) => app.fetch(request),
    request: (path, init) => app.request(path, init),
    endTurns: () => turns.end(),
  };
}

function describeApi(app: OpenAPIHono<AuthEnv>, version: string, hasKeys: boolean): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' });
  app.doc31('/openapi.json', {
    openapi: '3.1.0',
    info: { title: 'Rowmill', version, description: 'Runs an LLM agent over every row of a table, by chat.' },
    ...(hasKeys ? { security: [{ bearer: [] }] } : {}),
  });
}

function refuseOpenDoor(host: string, apiKeys: readonly string[]): void {
  if (isLoopback(host) || apiKeys.length > 0) return;
  throw new AppError(
    'config_invalid',
    `Listening on ${host} without keys would let every client on the network spend money. Set ROWMILL_API_KEYS to one or more keys, separated by commas, or listen on 127.0.0.1.`,
  );
}
