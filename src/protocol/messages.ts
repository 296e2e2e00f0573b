import type { ExactNumber } from '../base/json/exact-number.ts';
import type { MediaBlock } from './media.ts';

/** A value that JSON can hold. */
export type Json = null | boolean | number | ExactNumber | string | Json[] | JsonObject;
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
  /** As the model sent it; not validated. */
  input: unknown;
}

/** A block that only its provider understands (thinking, server tools): sent back unmodified, in its place. */
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
export type UserBlock = TextBlock | ToolResultBlock | MediaBlock;

/** One message of a transcript. Transcripts are append-only: a message that was sent is never changed. */
export type Message =
  | { role: 'user'; content: string | UserBlock[] }
  | { role: 'assistant'; content: AssistantBlock[] };

/** The description of a tool that is sent to a model. */
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

/** The cost of a call's tokens by kind, in micro-dollars. The sum is the call's price. */
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

/** One model call, independent of any provider's format. */
export interface ModelRequest {
  model: string;
  system: string;
  messages: Message[];
  tools: ToolSpec[];
  maxTokens: number;
  /** Sent only to models that accept these parameters. */
  sampling?: Sampling;
  /** The length of the vector that an embedding model gives. Default: the model's own. */
  dimensions?: number;
  /** The start of the answer, sent to models that accept a prefill. The returned answer includes it. */
  prefill?: string;
  /** Set when the answer may be given as text in the provider's own structured form. The response holds it as a call. */
  answer?: AnswerForm;
}

/** The tool through which an answer is given where the provider's own structured form is not used. */
export interface AnswerForm {
  /** Its name; it is one of the request's tools, and its schema is the answer's. */
  tool: string;
  /** Added to the instructions when the answer is asked for as a call. */
  instruction: string;
}

/** Sampling parameters; one that is left out has the model's own default. */
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
