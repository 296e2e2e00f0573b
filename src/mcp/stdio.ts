import type { Readable, Writable } from 'node:stream';
import type { McpServerFactory } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import type { Log } from '../base/log.ts';
import { createDrainingTransport } from './draining-transport.ts';

export interface McpStdioOptions {
  log: Log;
  /** Ends the connection early. */
  signal?: AbortSignal;
  stdin?: Readable;
  stdout?: Writable;
}

/**
 * Serves both protocol eras over stdio. Resolves when stdin has ended (or `signal` fires) and the active requests are
 * answered, at the latest three seconds later. Batches are not affected.
 */
export async function serveMcpStdio(factory: McpServerFactory, options: McpStdioOptions): Promise<void> {
  const { log, signal, stdin = process.stdin, stdout = process.stdout } = options;
  const transport = createDrainingTransport({ stdin, stdout });
  const handle = serveStdio(factory, {
    transport,
    // The client gets the error; a log above `debug` would hold what it sent.
    onerror: (error) => log.debug({ err: error }, 'an MCP message was refused'),
  });
  const end = () => {
    handle.close().catch((error: unknown) => log.warn({ err: error }, 'the MCP connection did not close'));
  };
  signal?.addEventListener('abort', end, { once: true });
  if (signal?.aborted) end();
  await transport.closed;
  signal?.removeEventListener('abort', end);
}
