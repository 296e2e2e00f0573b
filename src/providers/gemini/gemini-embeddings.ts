import type { GoogleGenAI } from '@google/genai';
import * as z from 'zod';
import { approximate } from '../../base/json/exact-number.ts';
import { type ModelRequest, type ModelResponse, textOf } from '../../protocol/messages.ts';
import { invalidResponse } from '../shared/service-faults.ts';
import { toVectorCall, vectorTool } from '../shared/vector-response.ts';
import { GEMINI_SERVICE } from './gemini-messages.ts';

const count = z.int().nonnegative().nullish();
const wireAnswer = z.looseObject({
  embeddings: z
    .array(
      z.looseObject({
        values: z.array(z.number()).min(1),
        statistics: z.looseObject({ tokenCount: count }).nullish(),
      }),
    )
    .length(1),
  usageMetadata: z.looseObject({ promptTokenCount: count }).nullish(),
});
const wireCount = z.looseObject({ totalTokens: z.int().nonnegative() });

type HttpOptions = NonNullable<
  NonNullable<Parameters<GoogleGenAI['models']['embedContent']>[0]['config']>['httpOptions']
>;

/**
 * The vector of the last user message. The API does not report the tokens of a vector, so they are counted first, by a
 * call that is free: a vector that is paid for always has its price.
 * @throws AppError `model_response_invalid`, `model_request_invalid`; and what the SDK throws
 */
export async function embedText(
  client: GoogleGenAI,
  { model, messages, tools, dimensions }: ModelRequest,
  { signal, httpOptions }: { signal: AbortSignal; httpOptions: HttpOptions },
): Promise<ModelResponse> {
  // Checked before sending: a vector that no tool takes would still be charged for.
  const tool = vectorTool(model, tools);
  const last = messages.findLast(({ role }) => role === 'user');
  const text = last === undefined ? '' : textOf(last.content);
  const config = { abortSignal: signal, httpOptions };
  const counted = wireCount.safeParse(await client.models.countTokens({ model, contents: text, config }));
  if (!counted.success) throw invalidResponse(GEMINI_SERVICE, 'a count of tokens has no total');
  const size = dimensions === undefined ? {} : { outputDimensionality: dimensions };
  const answer = await client.models.embedContent({ model, contents: text, config: { ...config, ...size } });
  const parsed = wireAnswer.safeParse(approximate(answer));
  if (!parsed.success) {
    throw invalidResponse(GEMINI_SERVICE, z.prettifyError(parsed.error).replaceAll('\n', ' '));
  }
  const { embeddings, usageMetadata } = parsed.data;
  const [embedding] = embeddings;
  const reported = usageMetadata?.promptTokenCount ?? embedding?.statistics?.tokenCount;
  const inputTokens = reported ?? counted.data.totalTokens;
  return toVectorCall({ model, vector: embedding?.values ?? [], inputTokens, requestId: undefined }, tool);
}
