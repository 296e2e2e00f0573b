import type * as z from 'zod';
import type { Tool, ToolContext } from '../agent/tool.ts';
import type { JsonObject, JsonSchema } from '../protocol/messages.ts';
import type { ToolResult } from '../protocol/run.ts';

/** The hints about a tool's effects for MCP clients; all four are always given. */
export interface ToolHints {
  readOnlyHint: boolean;
  destructiveHint: boolean;
  idempotentHint: boolean;
  openWorldHint: boolean;
}

/** One of the five tools: the same object serves the orchestrator's loop and MCP clients. */
export interface OrchestratorTool extends Tool {
  title: string;
  hints: ToolHints;
  input: z.ZodObject;
  output: z.ZodObject;
  outputSchema: JsonSchema;
  execute(input: JsonObject, context: ToolContext): Promise<ToolResult>;
}
