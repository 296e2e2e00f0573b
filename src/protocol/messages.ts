/** A value that JSON can hold. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export type JsonObject = { [key: string]: Json };
/** A JSON Schema document (2020-12), as users write it. */
export type JsonSchema = { [key: string]: unknown };

export interface TextBlock {
  type: 'text';
  text: string;
}

/** A tool call of the model. `id` is echoed as `tool_use_id` in the result. */
export interface ToolUseBlock {
  type: 'tool_use';
  id: string;
  name: string;
  /** What the model sent; not validated. */
  input: unknown;
}

/** A block that only its provider understands (thinking, server tools): goes back unmodified, in its place. */
export interface OpaqueBlock {
  type: 'opaque';
  provider: string;
  value: unknown;
}

export interface ToolResultBlock {
  type: 'tool_result';
  tool_use_id: string;
  content: string;
  is_error?: boolean;
}

export type AssistantBlock = TextBlock | ToolUseBlock | OpaqueBlock;
export type UserBlock = TextBlock | ToolResultBlock;

/** One message of a transcript. Transcripts are append-only: what was sent once is never changed. */
export type Message =
  | { role: 'user'; content: string | UserBlock[] }
  | { role: 'assistant'; content: AssistantBlock[] };

/** What a model is told about a tool. */
export interface ToolSpec {
  name: string;
  description: string;
  inputSchema: JsonSchema;
}

/** Tokens of one model call. `inputTokens` does not contain the cached ones. */
export interface Usage {
  inputTokens: number;
  outputTokens: number;
  cacheWriteTokens: number;
  cacheReadTokens: number;
}

/** What the tokens of a call cost, by kind, in micro-dollars. Their sum is the call's price. */
export interface TokenCosts {
  input: number;
  output: number;
  cacheWrite: number;
  cacheRead: number;
}

export const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0, cacheWriteTokens: 0, cacheReadTokens: 0 };

export function addUsage(a: Usage, b: Usage): Usage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    cacheWriteTokens: a.cacheWriteTokens + b.cacheWriteTokens,
    cacheReadTokens: a.cacheReadTokens + b.cacheReadTokens,
  };
}

/** Why a model stopped; the names of the Messages API, to which the other providers' are mapped. */
export type StopReason =
  | 'end_turn'
  | 'max_tokens'
  | 'stop_sequence'
  | 'tool_use'
  | 'pause_turn'
  | 'refusal'
  | 'model_context_window_exceeded';

/** One model call, in no provider's terms. */
export interface ModelRequest {
  model: string;
  system: string;
  messages: Message[];
  tools: ToolSpec[];
  maxTokens: number;
  /** Wishes, which only models that take them are told. */
  sampling?: Sampling;
  /** What the answer is to begin with, where the model takes that. It comes back as a part of the answer. */
  prefill?: string;
}

/** How a model is to choose its words; what is left out is the model's own default. */
export interface Sampling {
  temperature?: number;
  topP?: number;
}

export interface ModelResponse {
  content: AssistantBlock[];
  stopReason: StopReason;
  /** The provider's explanation of a refusal, where it gives one. */
  stopDetails?: string;
  usage: Usage;
  /** The model that answered, as the provider names it. */
  model: string;
  requestId?: string;
}

/** The text blocks of a message, joined. */
export function textOf(content: string | readonly (AssistantBlock | UserBlock)[]): string {
  if (typeof content === 'string') return content;
  return content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('');
}
