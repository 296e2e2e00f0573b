import { createMcpHandler, type McpServerFactory } from '@modelcontextprotocol/server';
import type { Log } from '../base/log.ts';

/** MCP over HTTP, for mounting under one path. */
export interface McpHttp {
  /** Answers one HTTP request. The caller that mounts it checks Host, Origin and keys. */
  fetch: (request: Request) => Promise<Response>;
  /** Aborts active requests; batches continue. Idempotent. */
  close: () => Promise<void>;
}

/** The longest request body, in bytes: arguments are small. */
const LONGEST_BODY = 4 * 1024 * 1024;

/** Serves both protocol eras over HTTP, without sessions. */
export function createMcpHttpHandler(factory: McpServerFactory, { log }: { log: Log }): McpHttp {
  const handler = createMcpHandler(factory, {
    maxRequestBodySize: LONGEST_BODY,
    // The client gets the error; a log above `debug` would hold what it sent.
    onerror: (error) => log.debug({ err: error }, 'an MCP request was refused'),
  });
  return { fetch: (request) => handler.fetch(request), close: () => handler.close() };
}
