import * as z from 'zod';
import type { ToolContext } from '../agent/tool.ts';
import { AppError, type ErrorCode } from '../base/errors.ts';
import type { JsonObject } from '../protocol/messages.ts';
import type { App } from './app.ts';

const failure = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

interface ToolCall {
  name: string;
  input: JsonObject;
  onProgress?: ToolContext['onProgress'];
}

/**
 * Calls one of the five tools as the orchestrator would, so that a command and a conversation can't differ.
 * @returns the structured output, which has passed the tool's own schema
 * @throws AppError with the tool's code and message
 */
export async function callTool(
  app: App,
  { name, input, onProgress }: ToolCall,
  signal: AbortSignal,
): Promise<JsonObject> {
  const tool = (await app.tools()).find((one) => one.name === name);
  if (tool === undefined) throw new AppError('internal', `There is no tool "${name}".`);
  const idempotencyKey = `cli_${crypto.randomUUID()}`;
  const result = await tool.execute(input, {
    ...{ signal, log: app.log, idempotencyKey },
    ...(onProgress !== undefined && { onProgress }),
  });
  if (!result.isError && result.structured !== undefined) return result.structured;
  const fault = failure.safeParse(parsed(result.content));
  if (!fault.success) throw new AppError('internal', `${name} failed: ${result.content}`);
  throw new AppError(fault.data.error.code as ErrorCode, fault.data.error.message);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}
