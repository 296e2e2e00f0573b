import { Client as ModernClient, StreamableHTTPClientTransport as ModernHttp } from '@modelcontextprotocol/client';
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as LegacyHttp } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { InMemoryTransport, type McpServerFactory } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { createSilentLog } from '../../src/base/log.ts';
import { createMcpHttpHandler } from '../../src/mcp/http.ts';

/** What the tests ask of a client, whichever SDK and transport it comes from. */
export interface AnyClient {
  callTool(
    call: { name: string; arguments?: Record<string, unknown> },
    options?: { onprogress?: (progress: { progress: number; total?: number | undefined }) => void },
  ): Promise<CallResult>;
  listTools(): Promise<{ tools: ListedTool[] }>;
  listResources(): Promise<{ resources: { uri: string; name: string }[] }>;
  listResourceTemplates(): Promise<{ resourceTemplates: { uriTemplate: string }[] }>;
  readResource(options: { uri: string }): Promise<{ contents: { mimeType?: string; text?: string }[] }>;
  listPrompts(): Promise<{ prompts: { name: string; arguments?: { name: string; required?: boolean }[] }[] }>;
  getPrompt(options: { name: string; arguments?: Record<string, string> }): Promise<{
    messages: { role: string; content: { type: string; text?: string } }[];
  }>;
  complete(options: {
    ref: { type: 'ref/prompt'; name: string } | { type: 'ref/resource'; uri: string };
    argument: { name: string; value: string };
  }): Promise<{ completion: { values: string[] } }>;
  getInstructions(): string | undefined;
  getServerVersion(): { name: string; version: string } | undefined;
  close(): Promise<void>;
}

interface ListedTool {
  name: string;
  title?: string;
  description?: string;
  inputSchema: Record<string, unknown>;
  outputSchema?: Record<string, unknown>;
  annotations?: Record<string, unknown>;
}

interface CallResult {
  isError?: boolean;
  content: { type: string; text?: string; uri?: string; mimeType?: string }[];
  structuredContent?: Record<string, unknown>;
}

const INFO = { name: 'rowmill-tests', version: '1.0.0' };
const URL_OF_NOTHING = new URL('http://rowmill.test/mcp');

/** Clients of both SDK generations and both eras, each connected in its own way. */
export const CLIENTS: { [how: string]: (factory: McpServerFactory) => Promise<AnyClient> } = {
  'SDK 2, 2026-07-28, one stream': (factory) => overStream(factory, { pin: '2026-07-28' }),
  'SDK 2, 2025-11-25, one stream': (factory) => overStream(factory, 'legacy'),
  'SDK 2, 2026-07-28, HTTP': async (factory) => {
    const client = new ModernClient(INFO, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
    await client.connect(new ModernHttp(URL_OF_NOTHING, { fetch: fetchFrom(factory) }));
    return client as unknown as AnyClient;
  },
  'SDK 1, 2025-11-25, HTTP': async (factory) => {
    const client = new LegacyClient(INFO);
    await client.connect(new LegacyHttp(URL_OF_NOTHING, { fetch: fetchFrom(factory) }) as never);
    // SDK 1 takes a result schema between the call and the options.
    const callTool = client.callTool.bind(client);
    const adapted = { callTool: (call: never, options: never) => callTool(call, undefined, options) };
    return Object.assign(client, adapted) as unknown as AnyClient;
  },
};

async function overStream(factory: McpServerFactory, mode: 'legacy' | { pin: string }): Promise<AnyClient> {
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  serveStdio(factory, { transport: ours });
  const client = new ModernClient(INFO, { versionNegotiation: { mode } });
  await client.connect(theirs);
  return client as unknown as AnyClient;
}

function fetchFrom(factory: McpServerFactory): (url: string | URL, init?: RequestInit) => Promise<Response> {
  const { fetch } = createMcpHttpHandler(factory, { log: createSilentLog() });
  return (url, init) => fetch(new Request(url, init));
}
