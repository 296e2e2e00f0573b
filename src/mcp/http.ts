import { createMcpHandler, type McpServerFactory } from '@modelcontextprotocol/server';
import type { Log } from '../base/log.ts';
import { parseExactMessage } from './exact-arguments.ts';

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
  return {
    async fetch(request) {
      if (request.method !== 'POST') return handler.fetch(request);
      const text = await boundedText(request.clone());
      const parsedBody = text === undefined ? undefined : parseExactMessage(text);
      return handler.fetch(request, parsedBody === undefined ? {} : { parsedBody });
    },
    close: () => handler.close(),
  };
}

/** The body, unless it is longer than a request may be: the handler refuses that one. */
async function boundedText(request: Request): Promise<string | undefined> {
  if (request.body === null) return undefined;
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of request.body) {
    bytes += chunk.length;
    if (bytes > LONGEST_BODY) return undefined;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
