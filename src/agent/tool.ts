import type { Log } from '../base/log.ts';
import type { Json, JsonObject, JsonSchema } from '../protocol/messages.ts';
import type { PersonMessage, ToolResult } from '../protocol/run.ts';

/** What a tool's `execute` receives in addition to its input. */
export interface ToolContext {
  signal: AbortSignal;
  log: Log;
  /** The same for every repetition of one tool call; pass it to services that accept idempotency keys. */
  idempotencyKey: string;
  /** The person's message that is being answered; absent outside of conversations. */
  said?: PersonMessage;
  /** The system params of the row; absent where there are none. No model gives them. */
  params?: JsonObject;
  /** Reports progress in the tool's own unit, for transports that can show it. */
  onProgress?: (progress: { done: number; total?: number; message?: string }) => void;
}

/**
 * A tool as the agent loop sees it.
 *
 * Contract: `execute` gets input that passed `inputSchema`, unless `checksInput` is set. It may throw: the loop turns every throw into an
 * `is_error` result that the model reads, so its message should say what to do next.
 */
export interface Tool {
  name: string;
  title?: string;
  description: string;
  inputSchema: JsonSchema;
  /** Whether `execute` checks its input itself, and reports faults in words of its own. */
  checksInput?: true;
  /** Whether running it twice with the same input does no harm. */
  idempotent: boolean;
  /** Deadline of one call, in milliseconds. Default 60,000. */
  timeoutMs?: number;
  execute(input: JsonObject, context: ToolContext): Promise<ToolResult | Json>;
}

/** Tools that were opened together and are closed together. */
export interface ToolSet {
  tools: Tool[];
  /** Idempotent. */
  close(): Promise<void>;
}
