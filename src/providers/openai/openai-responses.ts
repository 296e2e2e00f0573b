import type OpenAI from 'openai';
import * as z from 'zod';
import { parseJson } from '../../base/json/exact-number.ts';
import type { MediaBlock } from '../../protocol/media.ts';
import type {
  AssistantBlock,
  Message,
  ModelRequest,
  ModelResponse,
  StopReason,
  TextBlock,
  ToolResultBlock,
  UserBlock,
} from '../../protocol/messages.ts';
import type { SentRequest } from '../shared/answer-format.ts';
import { samplingFor, toWireSampling } from '../shared/sampling.ts';
import { faultInBody, invalidResponse, type Service, toRefusalFault } from '../shared/service-faults.ts';
import { wireId } from '../shared/wire-id.ts';
import { isFilter, meaningOf } from './openai-errors.ts';
import { toMediaPart } from './openai-media.ts';
import { SAMPLING } from './openai-models.ts';
import { toStrictFormOnce } from './openai-schema.ts';
import type { OpenAiTools } from './openai-tools.ts';

export const OPENAI = 'openai';
/** The name that a format has to have; the model may see it. */
export const FORMAT = 'answer';

type InputItem = OpenAI.Responses.ResponseInputItem;

/**
 * The body of a Responses call. Nothing is stored on the server: the whole transcript is sent each time, reasoning
 * items in their encrypted form. Sampling is sent only to models that don't reason.
 */
export function toRequestBody(
  request: SentRequest,
  { tools }: OpenAiTools,
): OpenAI.Responses.ResponseCreateParamsNonStreaming {
  const schema = request.format === undefined ? undefined : toStrictFormOnce(request.format.inputSchema)?.schema;
  return {
    model: request.model,
    max_output_tokens: request.maxTokens,
    store: false,
    ...(request.system.trim() === '' ? {} : { instructions: request.system }),
    input: toInput(request),
    ...(tools.length === 0 ? {} : { tools }),
    ...(schema === undefined ? {} : { text: { format: { type: 'json_schema', name: FORMAT, schema, strict: true } } }),
    ...toWireSampling(samplingFor(SAMPLING, request)),
  };
}

/** The messages of a request in the API's format; one text of the user is itself the input. */
export function toInput({ messages }: Pick<ModelRequest, 'messages'>): string | InputItem[] {
  const [only] = messages;
  const isOneText = messages.length === 1 && only?.role === 'user' && typeof only.content === 'string';
  return isOneText ? (only.content as string) : messages.flatMap(toInputItems);
}

function toInputItems(message: Message): InputItem[] {
  if (message.role === 'assistant') return toAssistantItems(message.content);
  const { content } = message;
  return typeof content === 'string' ? [{ role: 'user', content }] : toUserItems(content);
}

/** Media and the text beside them are one message; texts alone are messages of their own. */
function toUserItems(content: readonly UserBlock[]): InputItem[] {
  if (content.some(({ type }) => type === 'media')) {
    return [{ role: 'user', content: content.flatMap((block) => (block.type === 'tool_result' ? [] : toPart(block))) }];
  }
  return content.flatMap((block): InputItem[] => {
    if (block.type === 'text') return [{ role: 'user', content: block.text }];
    if (block.type === 'media') return [];
    return [{ type: 'function_call_output', call_id: block.tool_use_id, output: outputOf(block) }];
  });
}

function toPart(block: TextBlock | MediaBlock): OpenAI.Responses.ResponseInputContent {
  return block.type === 'text' ? { type: 'input_text', text: block.text } : toMediaPart(block);
}

/** The wire format has no mark for a failed tool, so the text says it. */
export function outputOf({ content, is_error: isError }: ToolResultBlock): string {
  return isError === true ? `Error: ${content}` : content;
}

/** An opaque message names the phase of the text after it. */
function toAssistantItems(content: readonly AssistantBlock[]): InputItem[] {
  const items: InputItem[] = [];
  let phase: Phase | undefined;
  for (const block of content) {
    if (block.type === 'tool_use') {
      items.push({ type: 'function_call', call_id: block.id, name: block.name, arguments: argumentsOf(block.input) });
    } else if (block.type === 'text') {
      if (block.text !== '') items.push({ role: 'assistant', content: block.text, ...(phase ? { phase } : {}) });
      phase = undefined;
    } else if (block.provider === OPENAI) {
      const item = block.value as InputItem | { type: 'message'; phase: Phase };
      if (item.type === 'message') phase = 'phase' in item ? (item.phase as Phase) : undefined;
      else items.push(item as InputItem);
    }
  }
  return items;
}

type Phase = 'commentary' | 'final_answer';

/** A call's input as it is sent back: an input that was not JSON stays the same text. */
export function argumentsOf(input: unknown): string {
  return typeof input === 'string' ? input : JSON.stringify(input ?? {});
}

const count = z.int().nonnegative();
const wireItem = z.looseObject({ type: z.string() });
const wirePart = z.looseObject({ type: z.string(), text: z.string().optional(), refusal: z.string().optional() });
const wireOutputMessage = z.looseObject({ content: z.array(wirePart), phase: z.string().nullish() });
const wireCall = z.looseObject({
  call_id: wireId,
  name: z.string(),
  arguments: z.string().default(''),
});
const wireResponse = z.looseObject({
  model: z.string(),
  status: z.string().nullish(),
  error: z.looseObject({ code: z.string().nullish(), message: z.string().nullish() }).nullish(),
  incomplete_details: z.looseObject({ reason: z.string().nullish() }).nullish(),
  output: z.array(wireItem),
  usage: z
    .looseObject({
      input_tokens: count,
      output_tokens: count,
      input_tokens_details: z
        .looseObject({ cached_tokens: count.nullish(), cache_write_tokens: count.nullish() })
        .nullish(),
    })
    .nullish(),
});
type WireResponse = z.infer<typeof wireResponse>;

/** What {@link toModelResponse} needs besides the answer. */
export interface ReadingContext {
  service: Service;
  model: string;
  tools: OpenAiTools;
  requestId: string | undefined;
}

/**
 * A Responses answer as a {@link ModelResponse}; items of unknown kinds are kept unchanged.
 * @throws AppError `model_response_invalid`, or the error that a failed response reports
 */
export function toModelResponse(body: unknown, context: ReadingContext): ModelResponse {
  const { service, model, requestId } = context;
  const parsed = wireResponse.safeParse(body);
  if (!parsed.success)
    throw (
      faultInBody(service, model, body) ??
      invalidResponse(service.name, z.prettifyError(parsed.error).replaceAll('\n', ' '))
    );
  const response = parsed.data;
  const failure = response.status === 'failed' || response.status === 'cancelled' ? (response.error ?? {}) : undefined;
  if (failure !== undefined && !isFilter(failure.code)) {
    const said = failure.message ?? `the response has the status ${response.status}`;
    const code = meaningOf(failure.code, said);
    throw toRefusalFault(service, model, { status: undefined, said, code, codes: [failure.code], cause: failure });
  }
  const isCut = response.incomplete_details?.reason === 'max_output_tokens';
  const refusals = failure === undefined ? [] : [`${failure.code}: ${failure.message ?? ''}`];
  const reader: Reader = { context, refusals, isCut };
  const content = response.output.flatMap((item) => toBlocks(item, reader));
  const stop = stopOf(response, content, reader.refusals);
  return {
    content,
    ...stop,
    usage: usageOf(response.usage, service),
    model: response.model,
    ...(requestId === undefined ? {} : { requestId }),
  };
}

interface Reader {
  context: ReadingContext;
  refusals: string[];
  isCut: boolean;
}

function toBlocks(item: z.infer<typeof wireItem>, reader: Reader): AssistantBlock[] {
  const { service, tools } = reader.context;
  if (item.type === 'message') {
    const message = wireOutputMessage.safeParse(item);
    if (!message.success) throw invalidResponse(service.name, 'a message lacks its content');
    const { content, phase } = message.data;
    // The phase must be sent back with the text; our text blocks have no field for it.
    const head: AssistantBlock = { type: 'opaque', provider: OPENAI, value: { type: 'message', phase } };
    return content.flatMap((part): AssistantBlock[] => {
      if (part.refusal !== undefined) reader.refusals.push(part.refusal);
      if (part.text === undefined || part.text === '') return [];
      const text: AssistantBlock = { type: 'text', text: part.text };
      return typeof phase === 'string' ? [head, text] : [text];
    });
  }
  if (item.type !== 'function_call') return [{ type: 'opaque', provider: OPENAI, value: item }];
  const call = wireCall.safeParse(item);
  if (!call.success) throw invalidResponse(service.name, 'a function_call lacks its fields');
  const { call_id: id = '', name } = call.data;
  const input = parseArguments(call.data.arguments, reader.isCut);
  return [{ type: 'tool_use', id, name, input: tools.restore(name, input) }];
}

/**
 * A call's input. An input that a limit cut off is left empty: it is never used, and not repaired. Invalid JSON stays
 * text, so that the model gets an error about it.
 */
export function parseArguments(json: string, isCut: boolean): unknown {
  if (json.trim() === '') return {};
  try {
    return parseJson(json);
  } catch {
    return isCut ? {} : json;
  }
}

function stopOf(
  { incomplete_details: incomplete }: WireResponse,
  content: readonly AssistantBlock[],
  refusals: readonly string[],
): { stopReason: StopReason; stopDetails?: string } {
  const reason = incomplete?.reason;
  if (reason === 'content_filter') return { stopReason: 'refusal', stopDetails: 'content_filter' };
  if (refusals.length > 0) return { stopReason: 'refusal', stopDetails: refusals.join(' ') };
  if (reason === 'max_output_tokens') return { stopReason: 'max_tokens' };
  return { stopReason: content.some(({ type }) => type === 'tool_use') ? 'tool_use' : 'end_turn' };
}

function usageOf(usage: WireResponse['usage'], service: Service): ModelResponse['usage'] {
  if (usage === null || usage === undefined) throw invalidResponse(service.name, 'it has no usage');
  const cacheReadTokens = usage.input_tokens_details?.cached_tokens ?? 0;
  const cacheWriteTokens = usage.input_tokens_details?.cache_write_tokens ?? 0;
  return {
    inputTokens: Math.max(0, usage.input_tokens - cacheReadTokens - cacheWriteTokens),
    outputTokens: usage.output_tokens,
    cacheWriteTokens,
    cacheReadTokens,
  };
}
