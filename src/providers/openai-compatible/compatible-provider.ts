import type OpenAI from 'openai';
import { parseJson } from '../../base/json/exact-number.ts';
import type { Log } from '../../base/log.ts';
import type { ModelResponse } from '../../protocol/messages.ts';
import { type OpenClient, openClient, postJson } from '../openai/openai-client.ts';
import { postEmbeddings } from '../openai/openai-embeddings.ts';
import { filteredBy, toModelError } from '../openai/openai-errors.ts';
import { readLimits } from '../openai/openai-limits.ts';
import { toSentRequest, withStrictAnswer } from '../openai/openai-schema.ts';
import type { Provider, RespondOptions } from '../provider.ts';
import type { SentRequest } from '../shared/answer-format.ts';
import { type CallDeadline, withinDeadline } from '../shared/call-deadline.ts';
import { leanOptions, type ProxyVariables } from '../shared/lean-fetch.ts';
import { withoutCredentials } from '../shared/server-name.ts';
import { filteredResponse, lacksCredentials, type Service } from '../shared/service-faults.ts';
import { createFormatKnowledge } from './compatible-formats.ts';
import { OPENAI_COMPATIBLE, toModelResponse, toRequestBody } from './compatible-messages.ts';
import { EMBEDDINGS } from './compatible-models.ts';
import { collectStream } from './compatible-stream.ts';

/** What {@link createOpenAiCompatibleProvider} takes. */
export interface OpenAiCompatibleOptions {
  /** With its `/v1`. */
  baseUrl: string;
  /** The variable that an agent names for the key, and its value; absent for a server that needs no key. */
  key?: { variable: string; value: string | undefined };
  log: Log;
  proxy?: ProxyVariables | undefined;
  /** Default: {@link createLeanFetch}. */
  fetch?: typeof fetch;
}

/** Any server that speaks Chat Completions and Embeddings (Ollama, vLLM, LM Studio, gateways), through OpenAI's SDK. */
export function createOpenAiCompatibleProvider(options: OpenAiCompatibleOptions): Provider {
  const { baseUrl, key, log } = options;
  const { host } = new URL(baseUrl);
  const service: Service = {
    name: host,
    credentials: key?.variable ?? 'the variable that api_key_env of the agent names',
    address: "base_url of the agent's model",
    addCredit: 'Raise it there, then resume.',
  };
  let opening: Promise<OpenClient> | undefined;
  let hasWarned = false;
  const formats = createFormatKnowledge(service, log);
  return {
    name: OPENAI_COMPATIBLE,
    server: `${OPENAI_COMPATIBLE} ${withoutCredentials(baseUrl)}`,
    reads: (request) => {
      const body = toRequestBody(toSentRequest(request, formats.mayTake(request.model)));
      const { model: _model, max_tokens: _most, ...read } = body;
      return read;
    },
    async respond(request, respondOptions) {
      if (key !== undefined && !key.value?.trim()) throw lacksCredentials(service, request.model);
      opening ??= openClient({ ...options, apiKey: key?.value });
      const sent = toSentRequest(request, formats.mayTake(request.model));
      const { response: given, hasUsage } = await send(await opening, sent, { ...respondOptions, service }).catch(
        (thrown: unknown) => {
          throw formats.afterFault(sent, thrown);
        },
      );
      const response = withStrictAnswer(given, sent.format);
      formats.learn(sent, response);
      if (!hasUsage && !hasWarned)
        log.warn({ server: host }, 'the server reports no usage: its tokens are not counted');
      hasWarned ||= !hasUsage;
      return response;
    },
    close: async () => (await opening)?.close(),
  };
}

interface Answer {
  response: ModelResponse;
  hasUsage: boolean;
}

async function send(
  opened: OpenClient,
  request: SentRequest,
  { service, ...options }: RespondOptions & { service: Service },
): Promise<Answer> {
  const { sdk } = opened;
  const { model } = request;
  return withinDeadline(service.name, options, {
    send: (call) =>
      post(opened, request, { ...options, call, service }).catch((thrown: unknown) => {
        if (thrown instanceof sdk.APIError && thrown.headers !== undefined) tellLimits(thrown.headers, options);
        const filtered = filteredBy(thrown, sdk);
        if (filtered === undefined) throw thrown;
        return { response: filteredResponse(model, filtered), hasUsage: true };
      }),
    toFault: (thrown) => toModelError(thrown, sdk, { service, model, now: Date.now() }),
  });
}

async function post(
  opened: OpenClient,
  request: SentRequest,
  { call, service, ...options }: RespondOptions & { call: CallDeadline; service: Service },
): Promise<Answer> {
  const { client } = opened;
  if (EMBEDDINGS.test(request.model)) {
    const telling = { call, service, tellLimits: (headers: Headers) => tellLimits(headers, options) };
    return postEmbeddings(client, request, telling);
  }
  const body = toRequestBody(request);
  const { onText, mayStillSend } = options;
  if (onText === undefined) {
    const { data, headers } = await postJson(opened, { path: '/chat/completions', body, call, mayStillSend });
    tellLimits(headers, options);
    // Some servers do not say that their answer is JSON.
    const read = typeof data === 'string' ? parseJson(data) : data;
    return toModelResponse(read, { service, model: request.model }, headers.get('x-request-id') ?? undefined);
  }
  const fetchOptions = leanOptions({ mayStillSend });
  const sending = { signal: call.signal, timeout: call.timeoutMs, fetchOptions };
  const answer = client.post<AsyncIterable<OpenAI.Chat.ChatCompletionChunk>>('/chat/completions', {
    body: { ...body, stream: true, stream_options: { include_usage: true } },
    stream: true,
    ...sending,
  });
  const { data, response, request_id: requestId } = await answer.withResponse();
  tellLimits(response.headers, options);
  const whole = await collectStream(data, onText, { service, signal: call.signal });
  return toModelResponse(whole, { service, model: request.model }, requestId ?? undefined);
}

function tellLimits(headers: Pick<Headers, 'get'>, { onLimits }: RespondOptions): void {
  const limits = onLimits === undefined ? undefined : readLimits(headers);
  if (limits !== undefined) onLimits?.(limits);
}
