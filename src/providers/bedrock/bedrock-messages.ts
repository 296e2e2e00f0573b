import type {
  ContentBlock,
  ConverseRequest,
  OutputFormat,
  SystemContentBlock,
  Tool,
  Message as WireMessage,
} from '@aws-sdk/client-bedrock-runtime';
import * as z from 'zod';
import type {
  AssistantBlock,
  Json,
  JsonSchema,
  Message,
  ModelResponse,
  StopReason,
  ToolSpec,
} from '../../protocol/messages.ts';
import { toFormatSchema, toTools } from '../anthropic/anthropic-tools.ts';
import { mayBeCached } from '../anthropic/cache-marks.ts';
import { prefillFor } from '../anthropic/prefill.ts';
import type { SentRequest } from '../shared/answer-format.ts';
import { type SamplingRule, samplingFor } from '../shared/sampling.ts';
import { invalidResponse } from '../shared/service-faults.ts';
import { wireId } from '../shared/wire-id.ts';
import { takesStrictTools } from './bedrock-format.ts';
import { toMediaContent } from './bedrock-media.ts';
import { fromSdkNumbers, toSdkNumbers } from './bedrock-numbers.ts';

export const BEDROCK = 'bedrock';
/** Claude 4.1 to 4.5 refuse the two together, 4.6 and later refuse each; other models accept both. */
const SAMPLING: SamplingRule = {
  both: /anthropic\.claude-(v2|instant|3|(opus|sonnet)-4-20)|^(?!.*anthropic\.)/,
  one: /anthropic\.claude-[a-z]+-4-[1-5](?!\d)/,
};
export const BEDROCK_SERVICE = 'Bedrock';

/** Models that cache a prompt up to a cache mark; others refuse the mark. */
const CACHING = /anthropic\.claude-(3-7|[a-z]+-\d)/;
/**
 * A `Converse` call. System and tools are the same on every turn, so they are cached where the model can.
 * @param isStrict false where strict tools were refused
 */
export function toConverse(request: SentRequest, isStrict: boolean): ConverseRequest {
  const tools = toWireTools(request.tools, isStrict && takesStrictTools(request.model));
  const prefill = prefillFor(request);
  const begun: WireMessage[] = prefill === undefined ? [] : [{ role: 'assistant', content: [{ text: prefill }] }];
  const { model, system, format } = request;
  const isMarked = CACHING.test(model) && mayBeCached(model, { system, tools });
  const mark: SystemContentBlock[] = isMarked ? [{ cachePoint: { type: 'default' } }] : [];
  const schema = format === undefined ? undefined : toFormatSchema(format.inputSchema);
  return {
    modelId: request.model,
    messages: [...request.messages.flatMap(toWireMessage), ...begun],
    inferenceConfig: { maxTokens: request.maxTokens, ...samplingFor(SAMPLING, request) },
    ...(request.system.trim() === '' ? {} : { system: [{ text: request.system }, ...mark] }),
    ...(tools.length === 0 ? {} : { toolConfig: { tools } }),
    ...(schema === undefined ? {} : { outputConfig: { textFormat: toTextFormat(schema) } }),
  };
}

function toTextFormat(schema: JsonSchema): OutputFormat {
  return { type: 'json_schema', structure: { jsonSchema: { schema: JSON.stringify(schema) } } };
}

type WireJson = NonNullable<Extract<NonNullable<Tool['toolSpec']>['inputSchema'], { json: unknown }>['json']>;

function toWireTools(specs: readonly ToolSpec[], isStrict: boolean): Tool[] {
  return toTools(specs, isStrict).map(({ name, description, input_schema: schema, strict }): Tool => {
    const inputSchema = { json: schema as WireJson };
    return { toolSpec: { name, description, inputSchema, ...(strict === true ? { strict } : {}) } };
  });
}

function toWireMessage(message: Message): WireMessage[] {
  if (message.role === 'assistant') {
    const content = message.content.flatMap(toAssistantContent);
    return content.length === 0 ? [] : [{ role: 'assistant', content }];
  }
  if (typeof message.content === 'string') return [{ role: 'user', content: [{ text: message.content }] }];
  const content = message.content.map((block): ContentBlock => {
    if (block.type === 'text') return { text: block.text };
    if (block.type === 'media') return toMediaContent(block);
    const status = block.is_error === true ? 'error' : 'success';
    return { toolResult: { toolUseId: block.tool_use_id, content: [{ text: block.content }], status } };
  });
  return [{ role: 'user', content }];
}

function toAssistantContent(block: AssistantBlock): ContentBlock[] {
  switch (block.type) {
    case 'text':
      // The API refuses a block without text.
      return block.text.trim() === '' ? [] : [{ text: block.text }];
    case 'tool_use': {
      const input = typeof block.input === 'object' && block.input !== null ? block.input : {};
      return [{ toolUse: { toolUseId: block.id, name: block.name, input: toSdkNumbers(input) as WireJson } }];
    }
    case 'opaque':
      return block.provider === BEDROCK ? [toBytes(block.value) as ContentBlock] : [];
  }
}

const count = z.int().nonnegative();
const wireBlock = z.looseObject({
  text: z.string().optional(),
  toolUse: z.looseObject({ toolUseId: wireId, name: z.string(), input: z.unknown() }).optional(),
});
const wireAnswer = z.looseObject({
  output: z.looseObject({ message: z.looseObject({ content: z.array(wireBlock) }) }),
  stopReason: z.string(),
  usage: z.looseObject({
    inputTokens: count,
    outputTokens: count,
    cacheReadInputTokens: count.nullish(),
    cacheWriteInputTokens: count.nullish(),
  }),
});

/** Any other stop reason is read as the end of a turn; the answer's content decides what follows. */
const STOPS: { [reason: string]: StopReason } = {
  tool_use: 'tool_use',
  max_tokens: 'max_tokens',
  stop_sequence: 'stop_sequence',
  refusal: 'refusal',
  guardrail_intervened: 'refusal',
  content_filtered: 'refusal',
  model_context_window_exceeded: 'model_context_window_exceeded',
};

/**
 * A `Converse` answer as a {@link ModelResponse}; blocks of unknown kinds are kept unchanged.
 * @throws AppError `model_response_invalid`
 */
export function toModelResponse(
  body: unknown,
  { model, requestId }: { model: string; requestId: string | undefined },
): ModelResponse {
  const parsed = wireAnswer.safeParse(body);
  if (!parsed.success) throw invalidResponse(BEDROCK_SERVICE, z.prettifyError(parsed.error).replaceAll('\n', ' '));
  const { output, stopReason: reason, usage } = parsed.data;
  const content = output.message.content.map(toBlock);
  const stopReason = STOPS[reason] ?? 'end_turn';
  return {
    content,
    stopReason,
    ...(stopReason === 'refusal' ? { stopDetails: reason } : {}),
    usage: {
      inputTokens: usage.inputTokens,
      outputTokens: usage.outputTokens,
      cacheWriteTokens: usage.cacheWriteInputTokens ?? 0,
      cacheReadTokens: usage.cacheReadInputTokens ?? 0,
    },
    model,
    ...(requestId === undefined ? {} : { requestId }),
  };
}

function toBlock(block: z.infer<typeof wireBlock>): AssistantBlock {
  if (block.text !== undefined) return { type: 'text', text: block.text };
  if (block.toolUse === undefined) return { type: 'opaque', provider: BEDROCK, value: fromBytes(block) };
  const { toolUseId: id = '', name, input } = block.toolUse;
  return { type: 'tool_use', id, name, input: fromSdkNumbers(input ?? {}) };
}

/** Converts bytes, such as redacted thoughts, to a form that JSON can hold; and back. */
function fromBytes(value: unknown): Json {
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') };
  if (Array.isArray(value)) return value.map(fromBytes);
  if (typeof value !== 'object' || value === null) return (value ?? null) as Json;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, fromBytes(field)]));
}

function toBytes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toBytes);
  if (typeof value !== 'object' || value === null) return value;
  if ('$bytes' in value && typeof value.$bytes === 'string') return new Uint8Array(Buffer.from(value.$bytes, 'base64'));
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, toBytes(field)]));
}
