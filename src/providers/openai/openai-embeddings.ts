import type OpenAI from 'openai';
import * as z from 'zod';
import { type ModelRequest, type ModelResponse, type ToolSpec, textOf } from '../../protocol/messages.ts';
import type { CallDeadline } from '../shared/call-deadline.ts';
import { faultInBody, invalidResponse, type Service } from '../shared/service-faults.ts';
import { toVectorCall, vectorTool } from '../shared/vector-response.ts';

/** The body of an embeddings call: the text of the last user message, alone. It can't hold instructions or tools. */
export function toEmbeddingsBody({ model, messages, dimensions }: ModelRequest): OpenAI.EmbeddingCreateParams {
  const last = messages.findLast(({ role }) => role === 'user');
  // Without a format the SDK asks for base64, which nothing would decode in a batch.
  return {
    model,
    input: last === undefined ? '' : textOf(last.content),
    encoding_format: 'float',
    ...(dimensions === undefined ? {} : { dimensions }),
  };
}

const count = z.int().nonnegative();
const wireEmbeddings = z.looseObject({
  model: z.string().optional(),
  data: z.array(z.looseObject({ embedding: z.array(z.number()).min(1) })).length(1),
  usage: z.looseObject({ prompt_tokens: count }).nullish(),
});

/** What {@link readVector} needs besides the answer. */
export interface VectorContext {
  service: Service;
  model: string;
  /** The tools of the request. The vector becomes a call of the first one whose only input is an array of numbers. */
  tools: readonly ToolSpec[];
  requestId: string | undefined;
}

/** A vector as a {@link ModelResponse}. `hasUsage` is false for a server that does not report its tokens. */
export interface VectorAnswer {
  response: ModelResponse;
  hasUsage: boolean;
}

/**
 * An embeddings answer as one call of the tool that takes the vector, as a text model would make it.
 * @throws AppError `model_response_invalid`, `model_request_invalid` when no tool takes a vector
 */
export function readVector(body: unknown, { service, model, tools, requestId }: VectorContext): VectorAnswer {
  const parsed = wireEmbeddings.safeParse(body);
  if (!parsed.success)
    throw (
      faultInBody(service, model, body) ??
      invalidResponse(service.name, z.prettifyError(parsed.error).replaceAll('\n', ' '))
    );
  const { data, usage, model: answered } = parsed.data;
  const vector = data[0]?.embedding ?? [];
  const inputTokens = usage?.prompt_tokens ?? 0;
  const response = toVectorCall({ model: answered ?? model, vector, inputTokens, requestId }, vectorTool(model, tools));
  return { response, hasUsage: usage !== null && usage !== undefined };
}

/** {@link readVector} for a service that always reports its tokens. */
export function toVectorResponse(body: unknown, context: VectorContext): ModelResponse {
  const { response, hasUsage } = readVector(body, context);
  if (!hasUsage) throw invalidResponse(context.service.name, 'it has no usage');
  return response;
}

/** How {@link postEmbeddings} sends its call. */
interface EmbeddingsCall {
  call: CallDeadline;
  service: Service;
  /** Receives the answer's headers. */
  tellLimits: (headers: Headers) => void;
}

/** Sends one embeddings call. @throws what the SDK throws, and as {@link readVector} */
export async function postEmbeddings(
  client: OpenAI,
  request: ModelRequest,
  { call, service, tellLimits }: EmbeddingsCall,
): Promise<VectorAnswer> {
  const { model, tools } = request;
  // Checked before sending: a vector that no tool takes would still be charged for.
  vectorTool(model, tools);
  const sending = { signal: call.signal, timeout: call.timeoutMs };
  const answer = client.embeddings.create(toEmbeddingsBody(request), sending);
  const { data, response, request_id: requestId } = await answer.withResponse();
  tellLimits(response.headers);
  return readVector(data, { service, model, tools, requestId: requestId ?? undefined });
}
