import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppError } from '../base/errors.ts';
import type { PresenceReport } from '../fleet/presence.ts';

/** Where a worker answers `/healthz` and `/metrics`. */
export interface HealthPlace {
  host: string;
  /** 0 takes any free port. */
  port: number;
}

/** The health of a worker over HTTP. */
export interface HealthServer {
  url: string;
  close(): void;
}

/**
 * Serves `/healthz` (200; 503 while it drains) and `/metrics` for Prometheus.
 * @throws AppError `config_invalid` when the address is not available
 */
export async function serveHealth({ host, port }: HealthPlace, stateOf: () => PresenceReport): Promise<HealthServer> {
  const server = createServer(({ url }, response) => {
    const state = stateOf();
    if (url === '/healthz') {
      const body = { status: state.isDraining ? 'draining' : 'ok', worker: state.id, version: state.version };
      response.writeHead(state.isDraining ? 503 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    } else if (url === '/metrics') {
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(metricsOf(state));
    } else response.writeHead(404).end();
  });
  server.listen(port, host);
  await once(server, 'listening').catch((cause: unknown) => {
    throw new AppError('config_invalid', `--port: ${host}:${port} is not available.`, { cause });
  });
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${taken}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function metricsOf({ running, rows, concurrency, isDraining }: PresenceReport): string {
  return [
    ...metric('rowmill_worker_rows_total', 'counter', 'Rows that this worker has run.', rows),
    ...metric('rowmill_worker_running_rows', 'gauge', 'Rows that this worker has now.', running),
    ...metric('rowmill_worker_concurrency', 'gauge', 'Rows that this worker runs at a time.', concurrency),
    ...metric('rowmill_worker_draining', 'gauge', 'Whether this worker takes no more rows.', isDraining ? 1 : 0),
    '',
  ].join('\n');
}

function metric(name: string, type: 'counter' | 'gauge', help: string, value: number): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, `${name} ${value}`];
}
