import type { Client } from '@modelcontextprotocol/client';
import { AppError } from '../../base/errors.ts';
import type { JsonObject } from '../../protocol/messages.ts';
import type { OrchestratorTool } from '../../tools/orchestrator-tool.ts';

/** The tools that commands call by name. */
const NAMES = ['analyze_csv_structure', 'validate_agent_compatibility'];
/** How long a table may be read, in milliseconds. */
const LIMIT_MS = 30 * 60_000;

/** The tools of a server, called over MCP. `close` is idempotent. */
export function createRemoteTools({ url, apiKey }: { url: string; apiKey: string | undefined }): {
  tools: OrchestratorTool[];
  close(): Promise<void>;
} {
  let connected: Promise<Client> | undefined;
  const connect = async (): Promise<Client> => {
    const sdk = await import('@modelcontextprotocol/client');
    const headers = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
    const transport = new sdk.StreamableHTTPClientTransport(new URL(`${url.replace(/\/$/, '')}/mcp`), {
      requestInit: { headers, redirect: 'error' },
    });
    const client = new sdk.Client({ name: 'rowmill', version: '0.1.0' });
    await client.connect(transport as never);
    return client;
  };
  const call = async (name: string, input: JsonObject, signal: AbortSignal) => {
    connected ??= connect();
    const client = await connected.catch((cause: unknown) => {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new AppError('location_unavailable', `${url}/mcp can not be reached: ${why}`, { cause });
    });
    const result = await client.callTool({ name, arguments: input }, { signal, timeout: LIMIT_MS });
    const [first] = result.content;
    return {
      content: first?.type === 'text' ? first.text : '',
      isError: result.isError === true,
      structured: result.structuredContent as JsonObject | undefined,
    };
  };
  const tools = NAMES.map((name) => ({
    name,
    execute: (input: JsonObject, { signal }: { signal: AbortSignal }) => call(name, input, signal),
  }));
  return {
    tools: tools as unknown as OrchestratorTool[],
    async close() {
      await (await connected?.catch(() => undefined))?.close();
    },
  };
}
