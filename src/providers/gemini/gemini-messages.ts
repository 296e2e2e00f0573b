import type { Content, GenerateContentParameters, Part } from '@google/genai';
import * as z from 'zod';
import type {
  AssistantBlock,
  ModelRequest,
  ModelResponse,
  StopReason,
  ToolResultBlock,
  Usage,
  UserBlock,
} from '../../protocol/messages.ts';
import type { SentRequest } from '../shared/answer-format.ts';
import { type SamplingRule, samplingFor } from '../shared/sampling.ts';
import { invalidResponse } from '../shared/service-faults.ts';
import { wireId } from '../shared/wire-id.ts';
import { NONE_PLACED, type PlacedMedia, toMediaPart } from './gemini-media.ts';
import { toDeclarations, toFormatSchema } from './gemini-tools.ts';

export const GEMINI = 'gemini';
const SAMPLING: SamplingRule = { both: /./ };
export const GEMINI_SERVICE = 'Gemini';

/** A whole part, or the extra fields of the text or the call that follows. */
type Kept = { part: Part } | { beside: { thoughtSignature?: string; lacksId?: true } };

/**
 * A `generateContent` call. The SDK must neither call functions nor send further requests to continue an answer.
 */
export function toParameters(
  request: SentRequest,
  abortSignal: AbortSignal,
  placed: PlacedMedia = NONE_PLACED,
): GenerateContentParameters {
  const functionDeclarations = toDeclarations(request.tools);
  const schema = request.format === undefined ? undefined : toFormatSchema(request.format.inputSchema);
  return {
    model: request.model,
    contents: toContents(request.messages, placed),
    config: {
      abortSignal,
      maxOutputTokens: request.maxTokens,
      automaticFunctionCalling: { disable: true },
      automaticContinuation: false,
      ...samplingFor(SAMPLING, request),
      ...(request.system.trim() === '' ? {} : { systemInstruction: request.system }),
      ...(functionDeclarations.length === 0 ? {} : { tools: [{ functionDeclarations }] }),
      ...(schema === undefined ? {} : { responseMimeType: 'application/json', responseJsonSchema: schema }),
    },
  };
}

/** A call's result names its function, and its id only where the model gave one. */
interface Called {
  name: string;
  hasId: boolean;
}

function toContents(messages: ModelRequest['messages'], placed: PlacedMedia): Content[] {
  const called = new Map<string, Called>();
  return messages.flatMap((message): Content[] => {
    const parts =
      message.role === 'assistant'
        ? toModelParts(message.content, called)
        : typeof message.content === 'string'
          ? [{ text: message.content }]
          : message.content.map((block) => toUserPart(block, { called, placed }));
    return parts.length === 0 ? [] : [{ role: message.role === 'user' ? 'user' : 'model', parts }];
  });
}

function toModelParts(content: readonly AssistantBlock[], called: Map<string, Called>): Part[] {
  const parts: Part[] = [];
  let beside: { thoughtSignature?: string; lacksId?: true } = {};
  for (const block of content) {
    if (block.type === 'opaque') {
      if (block.provider !== GEMINI) continue;
      const kept = block.value as Kept;
      if ('part' in kept) parts.push(kept.part);
      else beside = kept.beside;
      continue;
    }
    const { thoughtSignature, lacksId } = beside;
    const signature = thoughtSignature === undefined ? {} : { thoughtSignature };
    beside = {};
    if (block.type === 'text') {
      if (block.text !== '') parts.push({ text: block.text, ...signature });
      continue;
    }
    const { id, name, input } = block;
    called.set(id, { name, hasId: lacksId !== true });
    const args = typeof input === 'object' && input !== null ? (input as Record<string, unknown>) : {};
    parts.push({ functionCall: { ...(lacksId ? {} : { id }), name, args }, ...signature });
  }
  return parts;
}

function toUserPart(
  block: UserBlock,
  { called, placed }: { called: ReadonlyMap<string, Called>; placed: PlacedMedia },
): Part {
  switch (block.type) {
    case 'text':
      return { text: block.text };
    case 'media':
      return toMediaPart(block, placed);
    case 'tool_result':
      return toResult(block, called);
  }
}

function toResult(block: ToolResultBlock, called: ReadonlyMap<string, Called>): Part {
  const { name, hasId } = called.get(block.tool_use_id) ?? { name: 'unknown', hasId: false };
  const response = block.is_error === true ? { error: block.content } : { output: block.content };
  return { functionResponse: { ...(hasId ? { id: block.tool_use_id } : {}), name, response } };
}

const count = z.int().nonnegative().nullish();
const wirePart = z.looseObject({
  text: z.string().optional(),
  thought: z.boolean().optional(),
  thoughtSignature: z.string().optional(),
  functionCall: z
    .looseObject({ id: wireId, name: z.string(), args: z.record(z.string(), z.unknown()).nullish() })
    .optional(),
});
const wireResponse = z.looseObject({
  candidates: z
    .array(
      z.looseObject({
        content: z.looseObject({ parts: z.array(wirePart).nullish() }).nullish(),
        finishReason: z.string().nullish(),
        finishMessage: z.string().nullish(),
      }),
    )
    .nullish(),
  promptFeedback: z
    .looseObject({ blockReason: z.string().nullish(), blockReasonMessage: z.string().nullish() })
    .nullish(),
  modelVersion: z.string().nullish(),
  responseId: wireId,
  usageMetadata: z
    .looseObject({
      promptTokenCount: count,
      cachedContentTokenCount: count,
      candidatesTokenCount: count,
      thoughtsTokenCount: count,
      toolUsePromptTokenCount: count,
    })
    .nullish(),
});
type WireResponse = z.infer<typeof wireResponse>;

/** Finish reasons that mean a refusal by the model or by a filter. */
const REFUSALS = new Set(
  'SAFETY RECITATION LANGUAGE BLOCKLIST PROHIBITED_CONTENT SPII IMAGE_SAFETY IMAGE_PROHIBITED_CONTENT'.split(' '),
);

/**
 * A `generateContent` answer as a {@link ModelResponse}. Parts of unknown kinds are kept unchanged, and so are the
 * signatures of thoughts, next to the part that they belong to.
 * @throws AppError `model_response_invalid`
 */
export function toModelResponse(body: unknown, model: string): ModelResponse {
  const parsed = wireResponse.safeParse(body);
  if (!parsed.success) throw invalidResponse(GEMINI_SERVICE, z.prettifyError(parsed.error).replaceAll('\n', ' '));
  const { candidates, promptFeedback, usageMetadata, modelVersion, responseId } = parsed.data;
  const [candidate] = candidates ?? [];
  const blocked = promptFeedback?.blockReason ?? undefined;
  if (candidate === undefined && blocked === undefined) throw invalidResponse(GEMINI_SERVICE, 'it has no candidate');
  if (candidate !== undefined && !candidate.finishReason) {
    throw invalidResponse(GEMINI_SERVICE, 'it ended before the answer did');
  }
  const content = (candidate?.content?.parts ?? []).flatMap(toBlocks);
  const stop =
    candidate === undefined
      ? refusal(blocked, promptFeedback?.blockReasonMessage)
      : stopOf(candidate.finishReason ?? '', candidate.finishMessage, content);
  return {
    content,
    ...stop,
    usage: usageOf(usageMetadata),
    model: modelVersion ?? model,
    ...(responseId ? { requestId: responseId } : {}),
  };
}

function toBlocks(part: z.infer<typeof wirePart>): AssistantBlock[] {
  const { text, thought, thoughtSignature, functionCall } = part;
  if (functionCall !== undefined) {
    const { id, name, args } = functionCall;
    const call: AssistantBlock = { type: 'tool_use', id: id ?? '', name, input: args ?? {} };
    const lacksId = id === undefined;
    return [...besideBlock({ thoughtSignature, lacksId }), call];
  }
  // A signature may come without any text, as the last part of an answer.
  if (typeof text !== 'string' || text === '' || thought === true) {
    if (text === '' && thoughtSignature === undefined) return [];
    return [{ type: 'opaque', provider: GEMINI, value: { part } }];
  }
  return [...besideBlock({ thoughtSignature, lacksId: false }), { type: 'text', text }];
}

function besideBlock(given: { thoughtSignature: string | undefined; lacksId: boolean }): AssistantBlock[] {
  const { thoughtSignature, lacksId } = given;
  if (thoughtSignature === undefined && !lacksId) return [];
  const beside = { ...(thoughtSignature === undefined ? {} : { thoughtSignature }), ...(lacksId ? { lacksId } : {}) };
  return [{ type: 'opaque', provider: GEMINI, value: { beside } }];
}

type Stop = Pick<ModelResponse, 'stopReason' | 'stopDetails'>;

function stopOf(reason: string, message: string | null | undefined, content: readonly AssistantBlock[]): Stop {
  if (REFUSALS.has(reason)) return refusal(reason, message);
  const stopReason: StopReason =
    reason === 'MAX_TOKENS' ? 'max_tokens' : content.some(({ type }) => type === 'tool_use') ? 'tool_use' : 'end_turn';
  return { stopReason };
}

function refusal(reason: string | undefined, message: string | null | undefined): Stop {
  return { stopReason: 'refusal', stopDetails: [reason, message].filter((part) => part).join(': ') };
}

/** Thoughts are charged as output. */
function usageOf(usage: WireResponse['usageMetadata']): Usage {
  const cacheReadTokens = usage?.cachedContentTokenCount ?? 0;
  const prompt = (usage?.promptTokenCount ?? 0) + (usage?.toolUsePromptTokenCount ?? 0);
  return {
    inputTokens: Math.max(0, prompt - cacheReadTokens),
    outputTokens: (usage?.candidatesTokenCount ?? 0) + (usage?.thoughtsTokenCount ?? 0),
    cacheWriteTokens: 0,
    cacheReadTokens,
  };
}
