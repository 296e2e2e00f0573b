import type { Client, Tool as McpTool } from '@modelcontextprotocol/client';
import { AppError } from '../../base/errors.ts';
import { duration } from '../../base/figures.ts';
import { nearest } from '../../base/nearest.ts';
import type { JsonObject } from '../../protocol/messages.ts';
import type { ToolResult } from '../../protocol/run.ts';
import type { McpToolsDefinition } from '../definition.ts';
import type { Tool, ToolContext, ToolSet } from '../tool.ts';
import { createMcpConnection, type McpConnection, type McpConnectionOptions } from './mcp-connection.ts';
import { toToolResult } from './mcp-content.ts';
import { reasonOf } from './reason-of.ts';
import type { Redactor } from './redactor.ts';

/**
 * Connects to an MCP server and offers its tools, all or the listed ones. One client serves all rows; if its server
 * ends, calls in flight fail and the next call starts it again.
 * @throws AppError `tool_unavailable` (not started, not reached), `agents_invalid` (it does not have a listed tool)
 */
export async function openMcpTools(definition: McpToolsDefinition, options: McpConnectionOptions): Promise<ToolSet> {
  const connection = createMcpConnection(definition, options);
  try {
    const client = await connection.client();
    const { tools } = await client.listTools(undefined, { timeout: definition.timeout_s * 1000 });
    const chosen = choose(tools, definition.tools, options.place);
    return {
      tools: chosen.map((tool) => toTool(tool, definition, connection)),
      close: () => connection.close(),
    };
  } catch (thrown) {
    await connection.close();
    if (thrown instanceof AppError) throw redacted(thrown, connection.redact);
    const message = `${options.place}: the MCP server did not list its tools: ${reasonOf(thrown)}.`;
    throw new AppError('tool_unavailable', connection.redact.text(message), { cause: thrown, retryable: true });
  }
}

function redacted({ code, message, cause, retryable, outcomeUnknown }: AppError, redact: Redactor): AppError {
  return new AppError(code, redact.text(message), { cause, retryable, outcomeUnknown });
}

function choose(offered: McpTool[], listed: string[] | undefined, place: string): McpTool[] {
  if (listed === undefined) return offered;
  return listed.map((name, index) => {
    const found = offered.find((tool) => tool.name === name);
    if (found !== undefined) return found;
    const names = offered.map((tool) => tool.name);
    const near = nearest(name, names);
    const hint = near === undefined ? `it offers ${names.join(', ') || 'none'}` : `did you mean "${near}"?`;
    throw new AppError(
      'agents_invalid',
      `${place}.tools[${index}] is "${name}", which the server doesn't offer; ${hint}`,
    );
  });
}

function toTool(tool: McpTool, definition: McpToolsDefinition, connection: McpConnection): Tool {
  const { redact } = connection;
  const hints = tool.annotations;
  const timeoutMs = definition.timeout_s * 1000;
  return {
    name: nameForModels(tool.name),
    ...(tool.title === undefined ? {} : { title: tool.title }),
    description: redact.text(tool.description ?? tool.title ?? tool.name),
    inputSchema: redact.value(tool.inputSchema),
    idempotent: definition.idempotent ?? (hints?.readOnlyHint === true || hints?.idempotentHint === true),
    timeoutMs,
    async execute(input, context) {
      const client = await connection.client();
      try {
        return redact.value(await call(client, tool, { input, context: hidden(context, redact), timeoutMs }));
      } catch (thrown) {
        const fault = await explain(thrown, { tool, client, connection, timeoutMs, signal: context.signal });
        if (!(fault instanceof AppError)) throw fault;
        throw redacted(fault, redact);
      }
    },
  };
}

/** The context, with what the server says of its progress without secrets. */
function hidden({ onProgress, ...context }: ToolContext, redact: Redactor): ToolContext {
  if (onProgress === undefined) return context;
  return { ...context, onProgress: (progress) => onProgress(redact.value(progress)) };
}

async function call(
  client: Client,
  tool: McpTool,
  { input, context, timeoutMs }: { input: JsonObject; context: ToolContext; timeoutMs: number },
): Promise<ToolResult> {
  const { onProgress } = context;
  const result = await client.callTool(
    { name: tool.name, arguments: input, _meta: { 'rowmill/idempotencyKey': context.idempotencyKey } },
    {
      signal: context.signal,
      timeout: timeoutMs,
      toolDefinition: tool,
      ...(onProgress === undefined
        ? {}
        : {
            onprogress: ({ progress, total, message }) =>
              onProgress({
                done: progress,
                ...(total === undefined ? {} : { total }),
                ...(message === undefined ? {} : { message }),
              }),
          }),
    },
  );
  return toToolResult(result);
}

/** The error for the model or the journal. Drops the client if its connection is broken. */
async function explain(
  thrown: unknown,
  failed: { tool: McpTool; client: Client; connection: McpConnection; timeoutMs: number; signal: AbortSignal },
): Promise<unknown> {
  const { tool, client, connection, timeoutMs } = failed;
  if (failed.signal.aborted) return failed.signal.reason;
  const { ProtocolError, SdkError, SdkErrorCode } = await import('@modelcontextprotocol/client');
  if (thrown instanceof ProtocolError) return new AppError('tool_unavailable', thrown.message, { cause: thrown });
  if (thrown instanceof SdkError && thrown.code === SdkErrorCode.RequestTimeout) {
    const text = `The MCP server did not answer ${tool.name} within ${duration(timeoutMs / 1000)}.`;
    return new AppError('tool_unavailable', text, { cause: thrown, retryable: true });
  }
  if (thrown instanceof SdkError && thrown.code === SdkErrorCode.InvalidResult) {
    return new AppError('tool_unavailable', `The MCP server's answer is not valid: ${thrown.message}`, {
      cause: thrown,
    });
  }
  await connection.drop(client);
  const text = `The MCP server ended or could not be reached during ${tool.name} (${reasonOf(thrown)}); the next call starts it again.`;
  return new AppError('tool_unavailable', text, { cause: thrown, retryable: true, outcomeUnknown: true });
}

/** Models accept names of letters, digits, `_` and `-`, at most 64 characters; MCP allows more. */
function nameForModels(name: string): string {
  return name.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 64);
}
