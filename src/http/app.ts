import { OpenAPIHono } from '@hono/zod-openapi';
import { compress } from 'hono/compress';
import { AppError } from '../base/errors.ts';
import { describeApi } from './describe-api.ts';
import type { HttpFace } from './face.ts';
import { invalidRequest } from './faults-of.ts';
import type { HttpEnv } from './http-env.ts';
import { accessLog } from './middleware/access-log.ts';
import { authenticate } from './middleware/authenticate.ts';
import { hostGuard, isLoopback } from './middleware/host-guard.ts';
import { idempotency } from './middleware/idempotency.ts';
import { onError, onNotFound } from './middleware/on-error.ts';
import { rateLimit } from './middleware/rate-limit.ts';
import { requestId } from './middleware/request-id.ts';
import { createBodyBudget, requestLimit } from './middleware/request-limit.ts';
import { addPage, isPagePath } from './page/add-page.ts';
import type { HttpParts, ServerParts } from './parts.ts';
import { addAuditRoute } from './resources/access/audit.ts';
import { CONFIRM_PAGE } from './resources/access/confirm-page.ts';
import { addConfirmationRoutes } from './resources/access/confirmations.ts';
import { addKeyRoutes } from './resources/access/keys.ts';
import { addSessionRoutes, SESSION_PATH } from './resources/access/session.ts';
import { addAgentRoutes } from './resources/agents.ts';
import { addBatchActions } from './resources/batches/batch-actions.ts';
import { addBatchEvents } from './resources/batches/batch-events.ts';
import { addExportRoutes } from './resources/batches/batch-export.ts';
import { addRowRoutes } from './resources/batches/batch-rows.ts';
import { addBatchRoutes } from './resources/batches/batches.ts';
import { addCreateBatchRoutes } from './resources/batches/create-batch.ts';
import { addRowActions } from './resources/batches/row-actions.ts';
import { addRowMapRoute } from './resources/batches/row-map.ts';
import { addChatRoutes } from './resources/chat/chat.ts';
import { addCompletionRoutes } from './resources/chat/completions.ts';
import { createOpenTurns } from './resources/chat/open-turns.ts';
import { addDraftRoutes } from './resources/drafts.ts';
import { addBulkJobsRoute } from './resources/jobs/bulk-jobs.ts';
import { addDeliveryRoutes } from './resources/jobs/deliveries.ts';
import { addJobRoutes } from './resources/jobs/jobs.ts';
import { addQueueRoutes } from './resources/jobs/queues.ts';
import { addScheduleRoutes } from './resources/jobs/schedules.ts';
import { addAlertRoutes } from './resources/monitoring/alerts.ts';
import { addLedgerRoute } from './resources/monitoring/ledger.ts';
import { addMetricsRoutes } from './resources/monitoring/metrics.ts';
import { addPrometheusRoute } from './resources/monitoring/prometheus.ts';
import { addSavingsRoutes } from './resources/monitoring/savings.ts';
import { addWorkersRoute } from './resources/monitoring/workers.ts';
import { addProbes, OPEN_PATHS } from './resources/probes.ts';
import { addSettingsRoutes } from './resources/settings.ts';
import { addTableRoutes } from './resources/tables.ts';
import { addUploadRoutes } from './resources/uploads.ts';
import { createEventStreams } from './sse.ts';

/** The HTTP face before it listens. */
export interface HttpApp {
  readonly host: string;
  fetch(request: Request): Promise<Response> | Response;
  /** Answers a request without a port, for tests. */
  request(path: string, init?: RequestInit): Promise<Response> | Response;
  /** Refuses new work, and ends the streams of listeners; resolves when they are over. Idempotent. */
  stopStreams(): Promise<void>;
  /** Ends every chat turn; resolves when each is stored. Idempotent. */
  endTurns(): Promise<void>;
}

/**
 * Makes the HTTP face. Each resource is a file of `resources/`, with a function that adds its routes.
 * @throws AppError `config_invalid` when it would listen beyond loopback without a key
 */
export function createHttpApp(parts: HttpParts): HttpApp {
  const { server, access, talk } = parts;
  refuseOpenDoor(server);
  const turns = createOpenTurns(talk.maxTurns);
  const bodies = createBodyBudget();
  const streams = createEventStreams({ keepAliveMs: server.keepAliveMs });
  let isStopping = false;
  const app = new OpenAPIHono<HttpEnv>({
    defaultHook: (result) => {
      if (!result.success) throw invalidRequest(result.error, result.target);
    },
  });
  app.onError(onError(server.log));
  app.notFound(onNotFound());
  app.use(requestId(), accessLog(server.log, server.now), hostGuard({ loopbackOnly: isLoopback(server.host) }));
  app.use(authenticate({ access, isOpen }), rateLimit(server.now));
  if (parts.page !== undefined) addPage(app, parts.page);
  app.use('/v1/*', compress({ encoding: 'gzip' }), async function refuseNewWork(c, next) {
    if (isStopping && c.req.method !== 'GET') throw stopping();
    await next();
  });

  const face: HttpFace = {
    app,
    streams,
    limitBody: (maxMib) => requestLimit({ maxMib }, bodies),
    idempotent: (options) => idempotency({ store: parts.idempotency, now: server.now }, options),
  };
  addChatRoutes(face, talk, turns);
  addCompletionRoutes(face, { ...talk.models, newId: parts.work.newId, now: server.now }, turns);
  addKeyRoutes(face, access);
  addSessionRoutes(face, access);
  addAuditRoute(face, parts.audit);
  addConfirmationRoutes(face, talk.confirmationsOf);
  addCreateBatchRoutes(face, parts.start);
  addBulkJobsRoute(face, parts.start);
  addJobRoutes(face, parts.start);
  addQueueRoutes(face, parts.start);
  addDeliveryRoutes(face, parts.start);
  addScheduleRoutes(face, parts);
  addUploadRoutes(face, parts.work.uploads, access);
  addBatchRoutes(face, parts.start);
  addBatchActions(face, parts.start);
  addBatchEvents(face, parts.start);
  addRowRoutes(face, parts.start);
  addRowMapRoute(face, parts.start);
  addExportRoutes(face, parts.start);
  addTableRoutes(face, parts.start);
  addRowActions(face, parts.start);
  addAgentRoutes(face, { ...parts.agents, audit: access.audit, runnerOf: parts.start.runnerOf });
  addSettingsRoutes(face, server, parts.agents);
  addDraftRoutes(face, parts.work.draftsOf);
  addMetricsRoutes(face, parts.watch);
  addLedgerRoute(face, parts.watch);
  addPrometheusRoute(face, parts.watch);
  addSavingsRoutes(face, parts.watch);
  addAlertRoutes(face, parts.watch);
  addWorkersRoute(face, parts.watch);
  addProbes(face, server);
  app.all('/mcp', face.limitBody(4), (c) => talk.mcp(c.req.raw, c.get('caller')));
  describeApi(app, server.version);

  return {
    host: server.host,
    fetch: (request) => app.fetch(request),
    request: (path, init) => app.request(path, init),
    stopStreams() {
      isStopping = true;
      return streams.stop();
    },
    endTurns: () => turns.end(),
  };
}

/** What requires no key: the probes, the pages, which show nothing by themselves, and signing in. */
function isOpen(method: string, path: string): boolean {
  if ((method === 'GET' || method === 'HEAD') && isPagePath(path)) return true;
  if ((OPEN_PATHS as readonly string[]).includes(path) || path.startsWith(CONFIRM_PAGE)) return true;
  return method === 'POST' && path === SESSION_PATH;
}

function stopping(): AppError {
  return new AppError('aborted', 'The server is stopping. Send the request again after the restart.', {
    retryable: true,
    retryAfterMs: 5_000,
  });
}

function refuseOpenDoor({ host, hasKeys }: ServerParts): void {
  if (isLoopback(host) || hasKeys) return;
  throw new AppError(
    'config_invalid',
    `Listening on ${host} without keys would let every client on the network spend money. Make a key (rowmill keys create NAME), set ROWMILL_API_KEYS to one or more keys, separated by commas, or listen on 127.0.0.1.`,
  );
}
