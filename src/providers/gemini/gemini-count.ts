import type { GoogleGenAI } from '@google/genai';
import * as z from 'zod';
import type { SentRequest } from '../shared/answer-format.ts';
import { toParameters } from './gemini-messages.ts';

const wireCount = z.looseObject({ totalTokens: z.int().positive() });

type HttpOptions = NonNullable<
  NonNullable<Parameters<GoogleGenAI['models']['countTokens']>[0]['config']>['httpOptions']
>;

/**
 * The tokens of a request as Gemini counts them, by a call that is free. The Developer API counts messages only: the
 * instructions, the tools and the schema of the answer are counted as text of a message.
 */
export async function countTokens(
  client: GoogleGenAI,
  request: SentRequest,
  { signal, httpOptions }: { signal: AbortSignal; httpOptions: HttpOptions },
): Promise<number | undefined> {
  const { model, contents, config = {} } = toParameters(request, signal);
  const { systemInstruction = '', tools = [], responseJsonSchema } = config;
  const schemas = [...tools, responseJsonSchema].flatMap((one) => (one === undefined ? [] : [JSON.stringify(one)]));
  const parts = [String(systemInstruction), ...schemas].filter((text) => text !== '').map((text) => ({ text }));
  const messages = Array.isArray(contents) ? contents : [contents];
  const counted = await client.models.countTokens({
    model,
    contents: [{ role: 'user', parts }, ...messages] as NonNullable<typeof contents>,
    config: { abortSignal: signal, httpOptions },
  });
  return wireCount.safeParse(counted).data?.totalTokens;
}
