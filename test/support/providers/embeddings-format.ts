import { parseJson } from '../../../src/base/json/exact-number.ts';
import type { WireAnswer, WireRequest } from '../messages-wire.ts';
import { jsonBody, usageOf, type WireBody } from './wire-server.ts';

const FIELDS = ['model', 'input', 'encoding_format', 'dimensions'];

/** Whether a request came to `/v1/embeddings`: it is the only one that may ask for no tokens. */
export function isEmbeddings({ max_tokens: maxTokens }: WireRequest): boolean {
  return maxTokens === 0;
}

/** `POST /v1/embeddings` of OpenAI and of the servers compatible with it, one text a call. Unknown parameters are refused. */
export function readEmbeddings(body: Record<string, unknown>): WireRequest {
  const unknown = Object.keys(body).filter((name) => !FIELDS.includes(name));
  if (unknown.length > 0) throw new Error(`unknown parameters: ${unknown.join(', ')}`);
  const { model, input, encoding_format: format } = body;
  if (typeof input !== 'string' || input === '') throw new Error(`'$.input' is invalid: ${JSON.stringify(input)}`);
  if (format !== 'float') throw new Error(`the test server gives no vectors as ${String(format)}`);
  return { model: String(model), max_tokens: 0, messages: [{ role: 'user', content: input }] };
}

/** The vector of an answer, which is the JSON in its one text. */
export function toEmbeddings(answer: WireAnswer, request: WireRequest): Record<string, unknown> {
  const { input } = usageOf(answer, request);
  const embedding = parseJson(String(answer.content[0]?.['text'])) as number[];
  return {
    object: 'list',
    data: [{ object: 'embedding', index: 0, embedding }],
    model: request.model,
    usage: { prompt_tokens: input, total_tokens: input },
  };
}

/** {@link toEmbeddings} in its wire format. */
export function writeEmbeddings(answer: WireAnswer, request: WireRequest): WireBody {
  return jsonBody(toEmbeddings(answer, request));
}

/** A model's answer with a vector. */
export function vectorAnswer(vector: readonly number[], inputTokens = 5): WireAnswer {
  return { content: [{ type: 'text', text: JSON.stringify(vector) }], usage: { input_tokens: inputTokens } };
}

/** A vector of this many numbers that only this text has, each with all the digits of a float. */
export function vectorOf(text: string, dimensions: number): number[] {
  const seed = [...text].reduce((sum, character) => (sum * 31 + (character.codePointAt(0) ?? 0)) % 99_991, 7);
  return Array.from({ length: dimensions }, (_, index) => Math.fround(Math.sin(seed + index)));
}
