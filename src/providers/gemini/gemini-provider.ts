import { Readable } from 'node:stream';
import type { GoogleGenAI } from '@google/genai';
import { AppError } from '../../base/errors.ts';
import { parseJson } from '../../base/json/exact-number.ts';
import type { Log } from '../../base/log.ts';
import type { ModelRequest, ModelResponse, ToolSpec } from '../../protocol/messages.ts';
import type { Provider, RespondOptions } from '../provider.ts';
import { type SentRequest, withAnswerCall } from '../shared/answer-format.ts';
import { withinDeadline } from '../shared/call-deadline.ts';
import { createLeanFetch, type ProxyVariables } from '../shared/lean-fetch.ts';
import { REFUSED_FORM } from '../shared/refused-form.ts';
import { serverName } from '../shared/server-name.ts';
import { faultInBody, lacksCredentials, type Service } from '../shared/service-faults.ts';
import { withParts } from '../shared/with-parts.ts';
import { countTokens } from './gemini-count.ts';
import { embedText } from './gemini-embeddings.ts';
import { type Seen, toModelError } from './gemini-errors.ts';
import { createExactArguments, type ExactArguments } from './gemini-exact-arguments.ts';
import { createGeminiFiles, type GeminiFiles } from './gemini-files.ts';
import { GEMINI, GEMINI_SERVICE, toModelResponse, toParameters } from './gemini-messages.ts';
import { EMBEDDINGS } from './gemini-models.ts';
import { collectStream } from './gemini-stream.ts';
import { toSentRequest } from './gemini-tools.ts';

export const SERVICE: Service = {
  name: GEMINI_SERVICE,
  credentials: 'GEMINI_API_KEY',
  address: 'GOOGLE_GEMINI_BASE_URL',
  addCredit: 'Raise the quota or add credit in Google AI Studio, or wait for the next day, then resume.',
};

/** What {@link createGeminiProvider} takes. */
export interface GeminiOptions {
  apiKey?: string | undefined;
  baseUrl?: string | undefined;
  log: Log;
  proxy?: ProxyVariables | undefined;
  /** Default: {@link createLeanFetch}. */
  fetch?: typeof fetch;
}

/** Google's Gemini API through the official SDK, which is loaded on first use. */
export function createGeminiProvider(options: GeminiOptions): Provider {
  const { apiKey } = options;
  let opening: Promise<Opened> | undefined;
  /** Lists of tools the native form of whose answer was refused. */
  const plain = new WeakSet<readonly ToolSpec[]>();
  const server = serverName(GEMINI, options.baseUrl, 'https://generativelanguage.googleapis.com');
  const sentOf = (request: ModelRequest) => toSentRequest(request, !plain.has(request.tools));
  return {
    name: GEMINI,
    ...(server === undefined ? {} : { server }),
    reads: (request) => {
      const { contents, config = {} } = toParameters(sentOf(request), new AbortController().signal);
      const { abortSignal: _signal, maxOutputTokens: _most, automaticFunctionCalling: _calling, ...read } = config;
      return { contents, ...read };
    },
    async countTokens(request, signal) {
      if (!apiKey?.trim()) return undefined;
      opening ??= open(apiKey, options);
      const { client, fetch: send } = await opening;
      return countTokens(client, sentOf(request), { signal, httpOptions: { fetch: send } });
    },
    sendsStrict: ({ tools }) => !plain.has(tools),
    refusesStrict,
    lacks: () => (apiKey?.trim() ? undefined : SERVICE.credentials),
    async respond(request, respondOptions) {
      if (apiKey === undefined || apiKey.trim() === '') throw lacksCredentials(SERVICE, request.model);
      opening ??= open(apiKey, options);
      const opened = await opening;
      const sent = sentOf(request);
      try {
        return withAnswerCall(await send(opened, sent, respondOptions), sent.format?.name);
      } catch (thrown) {
        if (!(thrown instanceof AppError) || sent.format === undefined || !refusesStrict(thrown)) throw thrown;
        if (!plain.has(request.tools)) {
          options.log.warn({ model: request.model, reason: thrown.message }, REFUSED_FORM);
        }
        plain.add(request.tools);
        throw new AppError(thrown.code, thrown.message, { retryable: true, cause: thrown });
      }
    },
    close: async () => (await opening)?.close(),
  };
}

/** Whether the format of the answer is refused: sending it as a tool fixes that. */
function refusesStrict({ code, message }: Pick<AppError, 'code' | 'message'>): boolean {
  return code === 'model_request_invalid' && /schema|response_?mime|json mode|structured/i.test(message);
}

interface Opened {
  sdk: typeof import('@google/genai');
  client: GoogleGenAI;
  fetch: typeof fetch;
  files: GeminiFiles;
  close(): Promise<void>;
}

async function open(apiKey: string, { baseUrl, fetch: given, proxy, log }: GeminiOptions): Promise<Opened> {
  const sdk = await import('@google/genai');
  const lean = given === undefined ? createLeanFetch(proxy) : undefined;
  log.debug({ baseUrl }, 'gemini client opened');
  const client = new sdk.GoogleGenAI({
    apiKey,
    vertexai: false,
    // Without `retryOptions` the SDK sends once.
    ...(baseUrl === undefined ? {} : { httpOptions: { baseUrl } }),
  });
  const files = createGeminiFiles();
  return { sdk, client, files, fetch: given ?? lean?.fetch ?? fetch, close: async () => lean?.close() };
}

async function send(opened: Opened, request: SentRequest, options: RespondOptions): Promise<ModelResponse> {
  const { sdk, client } = opened;
  const { model } = request;
  const seen: Seen = {};
  const { onText } = options;
  return withinDeadline(SERVICE.name, options, {
    send: async ({ signal }) => {
      const exact = createExactArguments();
      const httpOptions = { fetch: watched(opened.fetch, { seen, model, exact }) };
      if (EMBEDDINGS.test(model)) return embedText(client, request, { signal, httpOptions });
      const parameters = toParameters(request, signal, await opened.files.place(client, request, signal));
      parameters.config = { ...parameters.config, httpOptions };
      const body =
        onText === undefined
          ? await client.models.generateContent(parameters)
          : await collectStream(await client.models.generateContentStream(parameters), { onText, exact });
      return toModelResponse(body, model);
    },
    toFault: (thrown) => toModelError(thrown, sdk, { service: SERVICE, model, seen, now: Date.now() }),
  });
}

/**
 * Keeps the headers, which the SDK's errors don't have, and gives the SDK the web stream that it reads. The SDK drops an
 * error in the body of a successful answer, so it is thrown here.
 */
function watched(
  send: typeof fetch,
  { seen, model, exact }: { seen: Seen; model: string; exact: ExactArguments },
): typeof fetch {
  return async (input, init) => {
    const response = await send(input, init);
    seen.ok = response.ok;
    seen.headers = response.headers;
    const json = async () => {
      const body = parseJson(await response.text());
      const fault = response.ok ? faultInBody(SERVICE, model, body) : undefined;
      if (fault !== undefined) throw fault;
      return body;
    };
    withParts(response, { json });
    const { body } = response;
    if (body === null) return response;
    const getReader = () => {
      const stream = typeof body.getReader === 'function' ? body : Readable.toWeb(body as unknown as Readable);
      const reader = (stream as ReadableStream<Uint8Array>).getReader();
      const read = async () => {
        const piece = await reader.read();
        if (piece.value !== undefined) exact.see(piece.value);
        return piece;
      };
      return { read, releaseLock: () => reader.releaseLock() };
    };
    return withParts(response, { body: { getReader } });
  };
}
