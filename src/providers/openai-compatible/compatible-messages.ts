import type OpenAI from 'openai';
import * as z from 'zod';
import { dataUriOf } from '../../protocol/media.ts';
import type {
  AssistantBlock,
  Message,
  ModelResponse,
  StopReason,
  ToolSpec,
  Usage,
  UserBlock,
} from '../../protocol/messages.ts';
import { argumentsOf, FORMAT, outputOf, parseArguments } from '../openai/openai-responses.ts';
import { toStrictFormOnce } from '../openai/openai-schema.ts';
import type { SentRequest } from '../shared/answer-format.ts';
import { type SamplingRule, samplingFor, toWireSampling } from '../shared/sampling.ts';
import { faultInBody, invalidResponse, type Service } from '../shared/service-faults.ts';
import { wireId } from '../shared/wire-id.ts';

export const OPENAI_COMPATIBLE = 'openai-compatible';
const SAMPLING: SamplingRule = { both: /./ };

type WireMessage = OpenAI.Chat.ChatCompletionMessageParam;

/** Extra fields of a message or of a call, which must be sent back with it. */
type Extras = { of: 'message' | 'call'; fields: Record<string, unknown> };

/**
 * The body of a Chat Completions call, with only what all compatible servers know: `max_tokens`, plain tools. The format
 * of an answer is sent where the server is not known to refuse or to ignore it.
 */
export function toRequestBody(request: SentRequest): OpenAI.Chat.ChatCompletionCreateParamsNonStreaming {
  const schema = request.format === undefined ? undefined : toStrictFormOnce(request.format.inputSchema)?.schema;
  const system: WireMessage[] = request.system.trim() === '' ? [] : [{ role: 'system', content: request.system }];
  return {
    model: request.model,
    max_tokens: request.maxTokens,
    messages: [...system, ...request.messages.flatMap(toWireMessages)],
    ...(request.tools.length === 0 ? {} : { tools: request.tools.map(toTool) }),
    ...(schema === undefined
      ? {}
      : { response_format: { type: 'json_schema', json_schema: { name: FORMAT, schema, strict: true } } }),
    ...toWireSampling(samplingFor(SAMPLING, request)),
  };
}

function toTool({ name, description, inputSchema }: ToolSpec): OpenAI.Chat.ChatCompletionTool {
  return { type: 'function', function: { name, description, parameters: { type: 'object', ...inputSchema } } };
}

function toWireMessages(message: Message): WireMessage[] {
  if (message.role === 'assistant') return toAssistantMessage(message.content);
  const { content } = message;
  if (typeof content === 'string') return [{ role: 'user', content }];
  if (content.some(({ type }) => type === 'media')) return [{ role: 'user', content: content.flatMap(toPart) }];
  return content.flatMap((block): WireMessage[] => {
    if (block.type === 'text') return [{ role: 'user', content: block.text }];
    if (block.type === 'media') return [];
    return [{ role: 'tool', tool_call_id: block.tool_use_id, content: outputOf(block) }];
  });
}

/** A part of a message that holds media. */
function toPart(block: UserBlock): OpenAI.Chat.ChatCompletionContentPart[] {
  if (block.type === 'text') return [{ type: 'text', text: block.text }];
  return block.type === 'media' ? [{ type: 'image_url', image_url: { url: dataUriOf(block) } }] : [];
}

function toAssistantMessage(content: readonly AssistantBlock[]): WireMessage[] {
  const calls: OpenAI.Chat.ChatCompletionMessageFunctionToolCall[] = [];
  const words: string[] = [];
  let beside: Record<string, unknown> = {};
  let besideCall: Record<string, unknown> = {};
  for (const block of content) {
    if (block.type === 'text') words.push(block.text);
    else if (block.type === 'tool_use') {
      const call = { name: block.name, arguments: argumentsOf(block.input) };
      calls.push({ ...besideCall, id: block.id, type: 'function', function: call });
      besideCall = {};
    } else if (block.provider === OPENAI_COMPATIBLE) {
      const { of, fields } = block.value as Extras;
      if (of === 'call') besideCall = fields;
      else beside = fields;
    }
  }
  const text = words.join('');
  if (text === '' && calls.length === 0) return [];
  // Reasoning is sent back only with the calls that it led to: some servers refuse it anywhere else.
  const extras = calls.length === 0 ? {} : beside;
  return [
    {
      ...extras,
      role: 'assistant',
      content: text === '' ? null : text,
      ...(calls.length ? { tool_calls: calls } : {}),
    },
  ];
}

const count = z.int().nonnegative();
const wireCall = z.looseObject({
  id: wireId,
  type: z.unknown().optional(),
  index: z.unknown().optional(),
  function: z.looseObject({ name: z.string(), arguments: z.unknown() }),
});
const wireMessage = z.looseObject({
  content: z.string().nullish(),
  refusal: z.string().nullish(),
  tool_calls: z.array(wireCall).nullish(),
});
const wireCompletion = z.looseObject({
  model: z.string(),
  choices: z.array(z.looseObject({ message: wireMessage, finish_reason: z.string().nullish() })).min(1),
  usage: z
    .looseObject({
      prompt_tokens: count,
      completion_tokens: count,
      prompt_tokens_details: z.looseObject({ cached_tokens: count.nullish() }).nullish(),
    })
    .nullish(),
});
type WireCompletion = z.infer<typeof wireCompletion>;

const FINISHES: { [reason: string]: StopReason } = {
  length: 'max_tokens',
  model_length: 'max_tokens',
  content_filter: 'refusal',
};

/** Where servers put the reasoning of a model: llama.cpp and DeepSeek, vLLM, OpenRouter. */
const REASONING = ['reasoning_content', 'reasoning', 'reasoning_details'];

/**
 * A Chat Completions answer as a {@link ModelResponse}.
 * @returns `hasUsage` is false for a server that does not report its tokens
 * @throws AppError `model_response_invalid`
 */
export function toModelResponse(
  body: unknown,
  { service, model: asked }: { service: Service; model: string },
  requestId: string | undefined,
): { response: ModelResponse; hasUsage: boolean } {
  const parsed = wireCompletion.safeParse(body);
  if (!parsed.success)
    throw (
      faultInBody(service, asked, body) ??
      invalidResponse(service.name, z.prettifyError(parsed.error).replaceAll('\n', ' '))
    );
  const { choices, usage, model } = parsed.data;
  const [choice] = choices;
  if (choice === undefined) throw invalidResponse(service.name, 'it has no choice');
  const { message, finish_reason: finish } = choice;
  const isCut = FINISHES[finish ?? ''] === 'max_tokens';
  const content = [...reasoningOf(message), ...textOf(message), ...callsOf(message, isCut)];
  const response: ModelResponse = {
    content,
    ...stopOf(finish, content, message.refusal ?? undefined),
    usage: usageOf(usage),
    model,
    ...(requestId === undefined ? {} : { requestId }),
  };
  return { response, hasUsage: usage !== null && usage !== undefined };
}

type WireAnswer = z.infer<typeof wireMessage>;

function reasoningOf(message: WireAnswer): AssistantBlock[] {
  const fields = REASONING.flatMap((name) => {
    const value = message[name];
    return value === undefined || value === null || value === '' ? [] : [[name, value]];
  });
  if (fields.length === 0) return [];
  const value: Extras = { of: 'message', fields: Object.fromEntries(fields) as Record<string, unknown> };
  return [{ type: 'opaque', provider: OPENAI_COMPATIBLE, value }];
}

function textOf({ content }: WireAnswer): AssistantBlock[] {
  return content === null || content === undefined || content === '' ? [] : [{ type: 'text', text: content }];
}

function callsOf({ tool_calls: calls }: WireAnswer, isCut: boolean): AssistantBlock[] {
  return (calls ?? []).flatMap((call): AssistantBlock[] => {
    const { id, type: _type, index: _index, function: called, ...fields } = call;
    const given = called.arguments ?? '';
    const input = typeof given === 'string' ? parseArguments(given, isCut) : given;
    const use: AssistantBlock = { type: 'tool_use', id: id ?? '', name: called.name, input };
    if (Object.keys(fields).length === 0) return [use];
    const value: Extras = { of: 'call', fields };
    return [{ type: 'opaque', provider: OPENAI_COMPATIBLE, value }, use];
  });
}

function stopOf(
  finish: string | null | undefined,
  content: readonly AssistantBlock[],
  refusal: string | undefined,
): { stopReason: StopReason; stopDetails?: string } {
  if (refusal !== undefined && refusal !== '') return { stopReason: 'refusal', stopDetails: refusal };
  if (finish === 'content_filter') return { stopReason: 'refusal', stopDetails: 'content_filter' };
  // Servers use different finish reasons for calls, so the content decides.
  const otherwise = content.some(({ type }) => type === 'tool_use') ? 'tool_use' : 'end_turn';
  return { stopReason: FINISHES[finish ?? ''] ?? otherwise };
}

function usageOf(usage: WireCompletion['usage']): Usage {
  const cacheReadTokens = usage?.prompt_tokens_details?.cached_tokens ?? 0;
  return {
    inputTokens: Math.max(0, (usage?.prompt_tokens ?? 0) - cacheReadTokens),
    outputTokens: usage?.completion_tokens ?? 0,
    cacheWriteTokens: 0,
    cacheReadTokens,
  };
}
