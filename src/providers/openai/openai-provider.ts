import type OpenAI from 'openai';
import { AppError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { ModelRequest, ModelResponse, ToolSpec } from '../../protocol/messages.ts';
import type { Provider, RespondOptions } from '../provider.ts';
import type { SentRequest } from '../shared/answer-format.ts';
import { type CallDeadline, withinDeadline } from '../shared/call-deadline.ts';
import { leanOptions, type ProxyVariables } from '../shared/lean-fetch.ts';
import { REFUSED_FORM } from '../shared/refused-form.ts';
import { serverName } from '../shared/server-name.ts';
import { filteredResponse, invalidResponse, lacksCredentials, type Service } from '../shared/service-faults.ts';
import { type OpenClient, openClient, postJson } from './openai-client.ts';
import { postEmbeddings } from './openai-embeddings.ts';
import { filteredBy, toModelError } from './openai-errors.ts';
import { readLimits } from './openai-limits.ts';
import { EMBEDDINGS } from './openai-models.ts';
import { OPENAI, toModelResponse, toRequestBody } from './openai-responses.ts';
import { toSentRequest, withStrictAnswer } from './openai-schema.ts';
import { collectStream } from './openai-stream.ts';
import { toTools } from './openai-tools.ts';

export const SERVICE: Service = {
  name: 'OpenAI',
  credentials: 'OPENAI_API_KEY',
  address: 'OPENAI_BASE_URL',
  addCredit: "Raise the limit or add credit in OpenAI's billing settings, then resume.",
};

const CHECK_TIMEOUT_MS = 10_000;

/** What {@link createOpenAiProvider} takes. */
export interface OpenAiOptions {
  apiKey?: string | undefined;
  baseUrl?: string | undefined;
  log: Log;
  proxy?: ProxyVariables | undefined;
  /** Default: {@link createLeanFetch}. */
  fetch?: typeof fetch;
}

/** OpenAI's Responses API, and Embeddings for embedding models, through the official SDK, loaded on first use. */
export function createOpenAiProvider(options: OpenAiOptions): Provider {
  const { apiKey, log } = options;
  let opening: Promise<OpenClient> | undefined;
  /** Lists of tools whose strict form, or the native form of whose answer, was refused. */
  const plain = new WeakSet<readonly ToolSpec[]>();
  const server = serverName(OPENAI, options.baseUrl, 'https://api.openai.com/v1');
  return {
    name: OPENAI,
    ...(server === undefined ? {} : { server }),
    sendsStrict: ({ tools }) => !plain.has(tools),
    refusesStrict,
    reads: (request) => {
      const isStrict = !plain.has(request.tools);
      const sent = toSentRequest(request, isStrict);
      const body = toRequestBody(sent, toTools(sent.tools, isStrict));
      const { model: _model, max_output_tokens: _most, store: _store, ...read } = body;
      return read;
    },
    lacks: () => (apiKey?.trim() ? undefined : SERVICE.credentials),
    async respond(request, respondOptions) {
      if (apiKey === undefined || apiKey.trim() === '') throw lacksCredentials(SERVICE, request.model);
      opening ??= openClient({ ...options, apiKey });
      const opened = await opening;
      const isStrict = !plain.has(request.tools);
      try {
        const sent = toSentRequest(request, isStrict);
        return withStrictAnswer(await send(opened, sent, { ...respondOptions, isStrict }), sent.format);
      } catch (thrown) {
        if (!(thrown instanceof AppError) || !isStrict || !refusesStrict(thrown)) throw thrown;
        if (!plain.has(request.tools)) log.warn({ model: request.model, reason: thrown.message }, REFUSED_FORM);
        plain.add(request.tools);
        throw new AppError(thrown.code, thrown.message, { retryable: true, cause: thrown });
      }
    },
    async checkModel(model) {
      if (apiKey === undefined) return;
      opening ??= openClient({ ...options, apiKey });
      const { sdk, client } = await opening;
      await client.models.retrieve(model, { timeout: CHECK_TIMEOUT_MS }).catch((thrown: unknown) => {
        // A gateway without a list of models answers 404 as well: only an answer about a model counts.
        if (!(thrown instanceof sdk.NotFoundError) || thrown.code !== 'model_not_found') return;
        throw toModelError(thrown, sdk, { service: SERVICE, model, now: Date.now() });
      });
    },
    close: async () => (await opening)?.close(),
  };
}

/** Whether strict mode or the format refuses the schema, or is not known: sending plain tools fixes that. */
function refusesStrict({ code, message }: Pick<AppError, 'code' | 'message'>): boolean {
  const names = /\bstrict\b|invalid schema|invalid_function_parameters|text\.format|json_schema|response_format/i;
  return code === 'model_request_invalid' && names.test(message);
}

async function send(
  opened: OpenClient,
  request: SentRequest,
  { isStrict, ...options }: RespondOptions & { isStrict: boolean },
): Promise<ModelResponse> {
  const { sdk } = opened;
  const { model } = request;
  return withinDeadline(SERVICE.name, options, {
    send: (call) =>
      post(opened, request, { ...options, call, isStrict }).catch((thrown: unknown) => {
        if (thrown instanceof sdk.APIError && thrown.headers !== undefined) tellLimits(thrown.headers, options);
        const filtered = filteredBy(thrown, sdk);
        if (filtered === undefined) throw thrown;
        return filteredResponse(model, filtered);
      }),
    toFault: (thrown) => toModelError(thrown, sdk, { service: SERVICE, model, now: Date.now() }),
  });
}

async function post(
  opened: OpenClient,
  request: SentRequest,
  { call, isStrict, ...options }: RespondOptions & { call: CallDeadline; isStrict: boolean },
): Promise<ModelResponse> {
  const { client } = opened;
  const { model } = request;
  if (EMBEDDINGS.test(model)) return embed(client, request, { ...options, call });
  const tools = toTools(request.tools, isStrict);
  const body = toRequestBody(request, tools);
  const { onText, mayStillSend } = options;
  // `responses.create` calls `post` too, but reads the answer before we have checked it.
  if (onText === undefined) {
    const { data, headers } = await postJson(opened, { path: '/responses', body, call, mayStillSend });
    tellLimits(headers, options);
    const requestId = headers.get('x-request-id') ?? undefined;
    return toModelResponse(data, { service: SERVICE, model, tools, requestId });
  }
  const fetchOptions = leanOptions({ mayStillSend });
  const sending = { signal: call.signal, timeout: call.timeoutMs, fetchOptions };
  const answer = client.post<AsyncIterable<OpenAI.Responses.ResponseStreamEvent>>('/responses', {
    body: { ...body, stream: true },
    stream: true,
    ...sending,
  });
  const { data, response, request_id: requestId } = await answer.withResponse();
  tellLimits(response.headers, options);
  const whole = await collectStream(data, onText, { service: SERVICE, model });
  return toModelResponse(whole, { service: SERVICE, model, tools, requestId: requestId ?? undefined });
}

async function embed(
  client: OpenAI,
  request: ModelRequest,
  { call, ...options }: RespondOptions & { call: CallDeadline },
): Promise<ModelResponse> {
  const telling = { call, service: SERVICE, tellLimits: (headers: Headers) => tellLimits(headers, options) };
  const { response, hasUsage } = await postEmbeddings(client, request, telling);
  if (!hasUsage) throw invalidResponse(SERVICE.name, 'it has no usage');
  return response;
}

function tellLimits(headers: Pick<Headers, 'get'>, { onLimits }: RespondOptions): void {
  const limits = onLimits === undefined ? undefined : readLimits(headers);
  if (limits !== undefined) onLimits?.(limits);
}
