import type Anthropic from '@anthropic-ai/sdk';
import * as z from 'zod';
import { AppError } from '../../base/errors.ts';
import type {
  AssistantBlock,
  Message,
  ModelRequest,
  ModelResponse,
  StopReason,
  UserBlock,
} from '../../protocol/messages.ts';
import type { SentRequest } from '../shared/answer-format.ts';
import { faultInBody } from '../shared/service-faults.ts';
import { wireId } from '../shared/wire-id.ts';
import { SERVICE } from './anthropic-errors.ts';
import { toMediaParam } from './anthropic-media.ts';
import { toFormatSchema, toTools } from './anthropic-tools.ts';
import { mayBeCached } from './cache-marks.ts';
import { prefillFor } from './prefill.ts';

const PROVIDER = 'anthropic';
const CACHED = { cache_control: { type: 'ephemeral' as const } };

/**
 * The body of a Messages call. No `temperature` and the like, which are refused even at their defaults, and no forced
 * `tool_choice`, which current models refuse. System and tools are the same on every turn, so they are marked to be
 * cached where they are long enough for it.
 * @param isStrict see {@link toTools}
 */
export function toRequestBody(request: SentRequest, isStrict: boolean): Anthropic.MessageCreateParamsNonStreaming {
  const { system, format } = request;
  const tools = toTools(request.tools, isStrict);
  const isMarked = mayBeCached(request.model, { system, tools });
  const schema = format === undefined ? undefined : toFormatSchema(format.inputSchema);
  return {
    model: request.model,
    max_tokens: request.maxTokens,
    ...(system.trim() === '' ? {} : { system: isMarked ? [{ type: 'text', text: system, ...CACHED }] : system }),
    messages: toMessageParams(request),
    ...(tools.length === 0 ? {} : { tools: isMarked ? withMark(tools) : tools, tool_choice: { type: 'auto' } }),
    ...(schema === undefined ? {} : { output_config: { format: { type: 'json_schema', schema } } }),
  };
}

function withMark(tools: readonly Anthropic.Tool[]): Anthropic.Tool[] {
  return tools.map((tool, index) => (index === tools.length - 1 ? { ...tool, ...CACHED } : tool));
}

/** The messages of a request in the API's format, a prefill last. */
export function toMessageParams(request: ModelRequest): Anthropic.MessageParam[] {
  const messages = request.messages.flatMap(toMessageParam);
  const prefill = prefillFor(request);
  return prefill === undefined ? messages : [...messages, { role: 'assistant', content: prefill }];
}

/** A message in the API's format; none for one without text. */
function toMessageParam(message: Message): Anthropic.MessageParam[] {
  if (message.role === 'user') {
    const { content } = message;
    return [{ role: 'user', content: typeof content === 'string' ? content : content.map(toUserParam) }];
  }
  const content = message.content.flatMap(toAssistantParam);
  return content.length === 0 ? [] : [{ role: 'assistant', content }];
}

function toUserParam(block: UserBlock): Anthropic.ContentBlockParam {
  switch (block.type) {
    case 'text':
      return { type: 'text', text: block.text };
    case 'tool_result':
      return block;
    case 'media':
      return toMediaParam(block);
  }
}

function toAssistantParam(block: AssistantBlock): Anthropic.ContentBlockParam[] {
  switch (block.type) {
    case 'text':
      // The API refuses a block without text.
      return block.text.trim() === '' ? [] : [{ type: 'text', text: block.text }];
    case 'tool_use':
      return [{ type: 'tool_use', id: block.id, name: block.name, input: isObject(block.input) ? block.input : {} }];
    case 'opaque':
      return block.provider === PROVIDER ? [block.value as Anthropic.ContentBlockParam] : [];
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const count = z.int().nonnegative();
/** Kept with all of its fields. Checked by hand: zod copies what it lets pass. */
const wireBlock = z.custom<{ type: string; [field: string]: unknown }>(
  (value) => typeof (value as { type?: unknown } | null)?.type === 'string',
  'a block has no type',
);
const wireText = z.object({ type: z.literal('text'), text: z.string() });
const wireToolUse = z.object({
  type: z.literal('tool_use'),
  id: wireId,
  name: z.string(),
  input: z.unknown(),
});
/** Further fields are dropped: zod compiles only objects without them, which are read in a third of the time. */
const wireMessage = z.object({
  model: z.string(),
  content: z.array(wireBlock),
  stop_reason: z.string(),
  stop_details: z.object({ category: z.string().nullish(), explanation: z.string().nullish() }).nullish(),
  usage: z.object({
    input_tokens: count,
    output_tokens: count,
    cache_creation_input_tokens: count.nullish(),
    cache_read_input_tokens: count.nullish(),
  }),
});

const STOP_REASONS: ReadonlySet<string> = new Set<StopReason>([
  'end_turn',
  'max_tokens',
  'stop_sequence',
  'tool_use',
  'pause_turn',
  'refusal',
  'model_context_window_exceeded',
]);

/**
 * A Messages answer as a {@link ModelResponse}; blocks of unknown kinds are kept unchanged.
 * @throws AppError `model_response_invalid`
 */
export function toModelResponse(body: unknown, requestId: string | undefined): ModelResponse {
  const parsed = wireMessage.safeParse(body);
  if (!parsed.success) {
    const fault = faultInBody(SERVICE, 'the requested model', body);
    throw fault ?? invalidResponse(z.prettifyError(parsed.error).replaceAll('\n', ' '), parsed.error);
  }
  const { content, stop_reason: stopReason, stop_details: stopDetails, usage, model } = parsed.data;
  const details = [stopDetails?.category, stopDetails?.explanation].filter((part) => part).join(': ');
  return {
    content: content.map(toBlock),
    // An unknown stop reason is read as `end_turn`; the answer's content decides what follows.
    stopReason: STOP_REASONS.has(stopReason) ? (stopReason as StopReason) : 'end_turn',
    ...(details === '' ? {} : { stopDetails: details }),
    usage: {
      inputTokens: usage.input_tokens,
      outputTokens: usage.output_tokens,
      cacheWriteTokens: usage.cache_creation_input_tokens ?? 0,
      cacheReadTokens: usage.cache_read_input_tokens ?? 0,
    },
    model,
    ...(requestId === undefined ? {} : { requestId }),
  };
}

function toBlock(block: z.infer<typeof wireBlock>): AssistantBlock {
  if (block.type === 'text') {
    const { success, data } = wireText.safeParse(block);
    if (success) return { type: 'text', text: data.text };
  } else if (block.type === 'tool_use') {
    const { success, data } = wireToolUse.safeParse(block);
    if (success) return { type: 'tool_use', id: data.id ?? '', name: data.name, input: data.input };
  } else {
    return { type: 'opaque', provider: PROVIDER, value: block };
  }
  throw invalidResponse(`a ${block.type} block lacks its fields`);
}

/** An answer that was received and charged for, but can't be used. */
export function invalidResponse(reason: string, cause?: unknown): AppError {
  return new AppError('model_response_invalid', `Anthropic's answer can't be read: ${reason}.`, {
    retryable: true,
    outcomeUnknown: true,
    cause,
  });
}
