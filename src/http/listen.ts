import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { AppError } from '../base/errors.ts';
import type { HttpApp } from './app.ts';
import { refuseMalformed } from './refuse-malformed.ts';
import { refuseSlowBodies } from './slow-bodies.ts';

/** Where and how long to listen. */
export interface ListenOptions {
  /** 0 takes any free port. */
  port: number;
  /** Closes the server, as `close` does. */
  signal?: AbortSignal;
  /** Closes the server without grace time. */
  hardSignal?: AbortSignal;
  /** How long active requests may still take after the close, in milliseconds; then they are ended. Default 10,000. */
  graceMs?: number;
  /** How long a request's body may arrive too slowly, in milliseconds. Default 30,000. */
  slowBodyMs?: number;
}

/** A server that accepts requests. */
export interface Listening {
  url: string;
  port: number;
  /** Accepts no new connections; active requests get the grace time. Idempotent; the same promise as `closed`. */
  close(): Promise<void>;
  /** Resolves when the server has stopped, every chat turn is stored and every connection is closed. */
  closed: Promise<void>;
}

/** How often connections that became idle while stopping are closed: Node keeps them open for five seconds. */
const IDLE_CHECK_MS = 50;
const GRACE_MS = 10_000;
/** How long answers that were ended may take to reach their clients. */
const FLUSH_MS = 1000;

/**
 * Listens on the app's host.
 * @throws AppError `config_invalid` when the address is not available
 */
export async function listen(app: HttpApp, options: ListenOptions): Promise<Listening> {
  const server = createAdaptorServer({ fetch: (request) => app.fetch(request), hostname: app.host }) as Server;
  refuseSlowBodies(server, options.slowBodyMs);
  refuseMalformed(server);
  const port = await bind(server, app.host, options.port);
  const closed = new Promise<void>((resolve) => {
    server.once('close', () => resolve());
  }).then(() => app.endTurns());
  let endNow: (() => void) | undefined;
  const close = () => {
    endNow ??= beginStop(server, app, options.graceMs ?? GRACE_MS);
    return closed;
  };
  onAbort(options.signal, () => void close());
  onAbort(options.hardSignal, () => {
    void close();
    endNow?.();
  });
  return { url: `http://${app.host.includes(':') ? `[${app.host}]` : app.host}:${port}`, port, close, closed };
}

function bind(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => reject(new AppError('config_invalid', bindFault(cause, host, port), { cause })));
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

function bindFault(fault: NodeJS.ErrnoException, host: string, port: number): string {
  switch (fault.code) {
    case 'EADDRINUSE':
      return `Port ${port} on ${host} is taken. Choose another with --port.`;
    case 'EACCES':
      return `Port ${port} on ${host} may not be used by this user. Choose one above 1023 with --port.`;
    default:
      return `Listening on ${host} port ${port} failed: ${fault.message}. Check --host and --port.`;
  }
}

function onAbort(signal: AbortSignal | undefined, callback: () => void): void {
  if (signal?.aborted) callback();
  else signal?.addEventListener('abort', callback, { once: true });
}

/** Stops accepting; the returned function ends active requests before their grace time is over. Idempotent. */
function beginStop(server: Server, app: HttpApp, graceMs: number): () => void {
  const cut = () => server.closeAllConnections();
  let flush: NodeJS.Timeout | undefined;
  const endNow = () => {
    clearTimeout(grace);
    flush ??= setTimeout(cut, FLUSH_MS);
    // Turns that don't end are cut with their connections; `closed` still waits until they are stored.
    app.endTurns().catch(cut);
  };
  // Listeners come again after a restart; only what does work gets the grace time.
  app.stopStreams().catch(cut);
  const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
  const grace = setTimeout(endNow, graceMs);
  server.close(() => {
    clearInterval(idle);
    clearTimeout(grace);
    clearTimeout(flush);
  });
  return endNow;
}
