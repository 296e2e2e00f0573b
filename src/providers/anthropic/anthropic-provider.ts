import type Anthropic from '@anthropic-ai/sdk';
import * as z from 'zod';
import { AppError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { ModelResponse, ToolSpec } from '../../protocol/messages.ts';
import type { Provider, RespondOptions } from '../provider.ts';
import { type SentRequest, withAnswerCall } from '../shared/answer-format.ts';
import { type CallDeadline, startCall } from '../shared/call-deadline.ts';
import { createLeanFetch, leanOptions, type ProxyVariables } from '../shared/lean-fetch.ts';
import { createLeanPost, type LeanPost } from '../shared/lean-post.ts';
import { REFUSED_FORM } from '../shared/refused-form.ts';
import { serverName } from '../shared/server-name.ts';
import { toModelError } from './anthropic-errors.ts';
import { readLimits } from './anthropic-limits.ts';
import { toModelResponse, toRequestBody } from './anthropic-messages.ts';
import { collectStream } from './anthropic-stream.ts';
import { toSentRequest } from './anthropic-tools.ts';
import { withPrefill } from './prefill.ts';

type Sdk = typeof import('@anthropic-ai/sdk');

const CHECK_TIMEOUT_MS = 10_000;
const wireCount = z.looseObject({ input_tokens: z.int().positive() });

/** What {@link createAnthropicProvider} takes. */
export interface AnthropicOptions {
  apiKey?: string | undefined;
  baseUrl?: string | undefined;
  log: Log;
  proxy?: ProxyVariables | undefined;
  /** Default: {@link createLeanFetch}. */
  fetch?: typeof fetch;
}

/** The Messages API through the official SDK, which is loaded on first use: it takes 0.3 s. */
export function createAnthropicProvider(options: AnthropicOptions): Provider {
  let opening: Promise<Opened> | undefined;
  const warned = new Set<string>();
  /** Lists of tools whose strict form, or the native form of whose answer, was refused. */
  const plain = new WeakSet<readonly ToolSpec[]>();
  const server = serverName('anthropic', options.baseUrl, 'https://api.anthropic.com');
  return {
    name: 'anthropic',
    ...(server === undefined ? {} : { server }),
    sendsStrict: ({ tools }) => !plain.has(tools),
    refusesStrict,
    reads: (request) => {
      const isStrict = !plain.has(request.tools);
      const body = toRequestBody(toSentRequest(request, isStrict), isStrict);
      const { model: _model, max_tokens: _most, tool_choice: _choice, ...read } = body;
      return read;
    },
    async countTokens(request, signal) {
      if (!options.apiKey?.trim()) return undefined;
      opening ??= open(options.apiKey, options);
      const { client } = await opening;
      const isStrict = !plain.has(request.tools);
      const { max_tokens: _most, ...body } = toRequestBody(toSentRequest(request, isStrict), isStrict);
      const counted = await client.messages.countTokens(body, { signal, timeout: CHECK_TIMEOUT_MS });
      return wireCount.safeParse(counted).data?.input_tokens;
    },
    lacks: () => (options.apiKey?.trim() ? undefined : 'ANTHROPIC_API_KEY'),
    async respond(request, respondOptions) {
      const { apiKey } = options;
      if (apiKey === undefined || apiKey.trim() === '') {
        throw new AppError('model_key_refused', `${request.model} needs a key: set ANTHROPIC_API_KEY.`);
      }
      opening ??= open(apiKey, options);
      const opened = await opening;
      const { sdk } = opened;
      if (respondOptions.signal.aborted) throw new AppError('aborted', 'The model call was not sent.');
      const isFirst = !warned.has(request.model);
      warned.add(request.model);
      const isStrict = !plain.has(request.tools);
      const call = startCall('Anthropic', respondOptions);
      try {
        const sent = toSentRequest(request, isStrict);
        const response = await send(opened, sent, { ...respondOptions, call, isFirst, isStrict });
        return withAnswerCall(response, sent.format?.name);
      } catch (thrown) {
        if (thrown instanceof sdk.APIError && thrown.headers !== undefined) tellLimits(thrown.headers, respondOptions);
        const fault = call.fault() ?? toModelError(thrown, sdk, { model: request.model, now: Date.now() });
        if (!isStrict || !refusesStrict(fault)) throw fault;
        if (!plain.has(request.tools)) options.log.warn({ model: request.model, reason: fault.message }, REFUSED_FORM);
        plain.add(request.tools);
        throw new AppError(fault.code, fault.message, { retryable: true, cause: fault });
      } finally {
        call.end();
      }
    },
    async checkModel(model) {
      if (options.apiKey === undefined) return;
      opening ??= open(options.apiKey, options);
      const { sdk, client } = await opening;
      await client.models.retrieve(model, {}, { timeout: CHECK_TIMEOUT_MS }).catch((thrown: unknown) => {
        if (!isUnknownModel(thrown, sdk, model)) return;
        throw toModelError(thrown, sdk, { model, now: Date.now() });
      });
    },
    close: async () => (await opening)?.close(),
  };
}

/** A gateway without a list of models answers 404 as well: only an answer about exactly this model counts. */
function isUnknownModel(thrown: unknown, sdk: Sdk, model: string): boolean {
  return thrown instanceof sdk.NotFoundError && thrown.message.includes(`model: ${model}`);
}

/**
 * Whether strict mode or the format refuses the schema, or the server does not know them: sending plain tools fixes that.
 */
function refusesStrict({ code, message }: Pick<AppError, 'code' | 'message'>): boolean {
  const names = /\bstrict\b|input_schema|grammar|schema is too complex|output_config|output_format|json_schema/i;
  return code === 'model_request_invalid' && names.test(message);
}

interface Opened {
  sdk: Sdk;
  client: Anthropic;
  /** Present where it sends through the lean fetch. */
  leanPost: LeanPost | undefined;
  close(): Promise<void>;
}

async function open(apiKey: string, { baseUrl, fetch, proxy, log }: AnthropicOptions): Promise<Opened> {
  const sdk = await import('@anthropic-ai/sdk');
  const lean = fetch === undefined ? createLeanFetch(proxy) : undefined;
  log.debug({ baseUrl }, 'anthropic client opened');
  const client = new sdk.Anthropic({
    apiKey,
    authToken: null,
    ...(baseUrl === undefined ? {} : { baseURL: baseUrl }),
    fetch: lean?.fetch ?? fetch,
    // The runner owns retries, each with an intent of its own in the journal.
    maxRetries: 0,
    // The SDK would log bodies.
    logLevel: 'off',
    openTelemetry: false,
  });
  const leanPost = lean === undefined ? undefined : createLeanPost(client, lean);
  return { sdk, client, leanPost, close: async () => lean?.close() };
}

const PATH = '/v1/messages';

interface Sending extends RespondOptions {
  call: CallDeadline;
  isFirst: boolean;
  isStrict: boolean;
}

async function send(opened: Opened, request: SentRequest, options: Sending): Promise<ModelResponse> {
  const { onText, isStrict } = options;
  const body = toRequestBody(request, isStrict);
  if (onText !== undefined) {
    const { data, headers } = await stream(opened, body, options);
    tellLimits(headers, options);
    return toAnswer(await collectStream(data, onText), headers, request);
  }
  const { data, headers } = await post(opened, body, options);
  tellLimits(headers, options);
  return toAnswer(data, headers, request);
}

function toAnswer(data: unknown, headers: Answer['headers'], request: SentRequest): ModelResponse {
  return withPrefill(toModelResponse(data, headers.get('request-id') ?? undefined), request);
}

type Body = ReturnType<typeof toRequestBody>;

interface Answer<Data = unknown> {
  data: Data;
  headers: Pick<Headers, 'get'>;
}

/**
 * `messages.create` prints a warning at every call of a deprecated model; `post` is the same call without it. So the
 * first call of a model goes through `create`, and the rest through `post`: the warning is shown once.
 */
async function post({ client, leanPost }: Opened, body: Body, options: Sending): Promise<Answer> {
  const { call, mayStillSend, isFirst } = options;
  const { signal, timeoutMs: timeout } = call;
  const bySdk = async (more: { fetchOptions?: object; signal?: AbortSignal }): Promise<Answer> => {
    const sending = { timeout, ...more };
    const answer = isFirst ? client.messages.create(body, sending) : client.post<unknown>(PATH, { body, ...sending });
    const { data, response } = await answer.withResponse();
    return { data, headers: response.headers };
  };
  if (leanPost === undefined) return bySdk({ signal });
  const lean = { mayStillSend, cancel: signal };
  if (isFirst) return bySdk({ fetchOptions: leanOptions(lean) });
  return leanPost({ path: PATH, body, timeout, ...lean }, (fetchOptions) => bySdk({ fetchOptions }));
}

/** A stream that is left early is ended by the SDK's own signal. */
async function stream(
  { client }: Opened,
  body: Body,
  { call, mayStillSend, isFirst }: Sending,
): Promise<Answer<AsyncIterable<Anthropic.RawMessageStreamEvent>>> {
  const sending = { timeout: call.timeoutMs, fetchOptions: leanOptions({ mayStillSend }), signal: call.signal };
  const streamed = { ...body, stream: true as const };
  const answer = isFirst
    ? client.messages.create(streamed, sending)
    : client.post<AsyncIterable<Anthropic.RawMessageStreamEvent>>(PATH, { body: streamed, stream: true, ...sending });
  const { data, response } = await answer.withResponse();
  return { data, headers: response.headers };
}

function tellLimits(headers: Pick<Headers, 'get'>, { onLimits }: RespondOptions): void {
  const limits = onLimits === undefined ? undefined : readLimits(headers, Date.now());
  if (limits !== undefined) onLimits?.(limits);
}
