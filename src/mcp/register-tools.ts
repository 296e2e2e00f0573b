import type { CallToolResult, McpServer, ServerContext, StandardSchemaWithJSON } from '@modelcontextprotocol/server';
import type { ToolContext } from '../agent/tool.ts';
import type { Log } from '../base/log.ts';
import type { JsonObject, JsonSchema } from '../protocol/messages.ts';
import type { ToolResult } from '../protocol/run.ts';
import type { Confirmations } from '../tools/execute/confirmations.ts';
import type { OrchestratorTool } from '../tools/orchestrator-tool.ts';
import type { BrokenCalls } from './broken-calls.ts';
import { consentAnswer, consentRequest, declined } from './elicit-consent.ts';
import { lenientArguments } from './lenient-arguments.ts';

interface ToolParts {
  tools: OrchestratorTool[];
  confirmations: Confirmations;
  calls: BrokenCalls;
  log: Log;
}

/** Offers the five tools to MCP clients: the same objects that the orchestrator uses. */
export function registerTools(server: McpServer, { tools, confirmations, calls, log }: ToolParts): void {
  for (const tool of tools) {
    server.registerTool(
      tool.name,
      {
        title: tool.title,
        description: tool.description,
        // Arguments pass unchecked: the tool checks them itself and answers a fault with its fix.
        inputSchema: schemaOf(
          () => tool.inputSchema,
          (value) => ({ value }),
        ),
        outputSchema: schemaOf(
          () => tool.outputSchema,
          (value) => tool.output['~standard'].validate(value),
        ),
        annotations: { title: tool.title, ...tool.hints },
      },
      async (args, context) => {
        const answer = await consentAnswer({ server, context }, confirmations);
        if (answer === 'declined') return toCallToolResult(declined());
        const given = lenientArguments(toObject(args), tool.inputSchema);
        const input = answer === undefined ? given : { ...given, confirmation_token: answer.token };
        const call = calls.begin({ name: tool.name, args: input }, context.mcpReq.signal);
        const { idempotencyKey } = call;
        const result = await tool.execute(input, { ...contextOf(context, tool, log), idempotencyKey });
        call.end();
        return consentRequest(result, { server, context }) ?? toCallToolResult(result);
      },
    );
  }
}

type Validate = StandardSchemaWithJSON['~standard']['validate'];

/** A ready JSON Schema with a validator, in the SDK's form; nothing is converted per request. */
function schemaOf(json: () => JsonSchema, validate: Validate): StandardSchemaWithJSON {
  return { '~standard': { version: 1, vendor: 'rowmill', validate, jsonSchema: { input: json, output: json } } };
}

/** Arguments that are not an object become an object that no tool accepts, so that the tool reports the fault. */
function toObject(args: unknown): JsonObject {
  return typeof args === 'object' && args !== null && !Array.isArray(args) ? (args as JsonObject) : { arguments: null };
}

function contextOf(context: ServerContext, tool: OrchestratorTool, log: Log): Omit<ToolContext, 'idempotencyKey'> {
  const { signal, _meta, notify } = context.mcpReq;
  const progressToken = _meta?.progressToken;
  return {
    signal,
    log: log.child({ tool: tool.name }),
    ...(progressToken === undefined
      ? {}
      : {
          onProgress: ({ done, total, message }) => {
            const params = {
              progressToken,
              progress: done,
              ...(total === undefined ? {} : { total }),
              ...(message === undefined ? {} : { message }),
            };
            notify({ method: 'notifications/progress', params }).catch((error: unknown) =>
              log.debug({ err: error }, 'a progress notification was not delivered'),
            );
          },
        }),
  };
}

function toCallToolResult(result: ToolResult): CallToolResult {
  const text = { type: 'text' as const, text: result.content };
  if (result.isError) return { content: [text], isError: true };
  const resource = result.structured?.['resource_uri'];
  const links = typeof resource === 'string' ? [resultsLink(resource)] : [];
  return {
    content: [text, ...links],
    ...(result.structured === undefined ? {} : { structuredContent: result.structured }),
  };
}

function resultsLink(uri: string) {
  return {
    type: 'resource_link' as const,
    uri,
    name: 'results.csv',
    title: 'Output table',
    description: 'The current output table of the batch as CSV.',
    mimeType: 'text/csv',
  };
}
