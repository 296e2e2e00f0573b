import type { LookupFunction } from 'node:net';
import { AppError } from '../../base/errors.ts';
import { parseJson } from '../../base/json/exact-number.ts';
import { compileExpression, type Expression } from '../../expressions/expressions.ts';
import type { Json, JsonObject } from '../../protocol/messages.ts';
import { paramsIn, SYSTEM_PARAMS } from '../../protocol/prompt-template.ts';
import type { ToolResult } from '../../protocol/run.ts';
import type { HttpToolDefinition } from '../definition.ts';
import type { Tool, ToolContext } from '../tool.ts';
import { type Environment, resolveRecord, resolveReferences } from './environment.ts';
import { type Encoding, fillBody, fillHeader, fillUrl, placeholdersOf } from './placeholders.ts';
import { createPublicFetch, namesPrivatePlace } from './public-fetch.ts';
import { reasonOf } from './reason-of.ts';
import { createRedactor } from './redactor.ts';

/** Longest body that is read, in bytes. */
const MAX_BODY_BYTES = 1_048_576;
const MAX_REDIRECTS = 5;
/** How much of an error's body is sent to the model, in characters. */
const SHOWN_BODY_LENGTH = 500;

/** What {@link createHttpTool} needs in addition to the definition. */
export interface HttpToolOptions {
  env: Environment;
  /** The agent and the place in it: `agent x@v1, tools[0].http`. */
  place: string;
  fetch: typeof globalThis.fetch;
  /** Resolves names; for tests. */
  lookup?: LookupFunction;
}

/**
 * A declarative HTTP call as a tool. An answer other than 2xx is an `is_error` result with its status and the start of
 * its body. Redirects are followed within the same origin. A host with a public name must have public addresses, unless
 * `private_network` is set. Secrets of the environment that the service echoes are hidden in everything that is returned.
 * @throws AppError `config_invalid` (environment, URL) or `expression_invalid`
 */
export function createHttpTool(definition: HttpToolDefinition, options: HttpToolOptions): Tool {
  const { env, place } = options;
  const url = resolveReferences(definition.url, env, `${place}.url`);
  const headers = resolveRecord(definition.headers, env, `${place}.headers`);
  if (!isHttpUrl(url)) {
    throw new AppError(
      'config_invalid',
      `${place}.url is "${definition.url}", which is not an http or https URL. Correct it.`,
    );
  }
  const result = definition.result === undefined ? undefined : compileExpression(definition.result, `${place}.result`);
  const timeoutMs = definition.timeout_s * 1000;
  const redact = createRedactor([definition.url, ...Object.values(definition.headers)], env);
  const fetch = fetchFor(new URL(url).hostname, definition, options);
  return {
    name: definition.name,
    description: definition.description,
    inputSchema: definition.input,
    idempotent: definition.idempotent ?? definition.method === 'GET',
    timeoutMs,
    async execute(input, context) {
      const signal = AbortSignal.any([context.signal, AbortSignal.timeout(timeoutMs)]);
      // Params are those of the row, whatever the model calls a field.
      const values = { ...input, [SYSTEM_PARAMS]: context.params ?? {} };
      const request = requestOf(definition, { headers, values, signal, context });
      const filled = fillUrl(url, values);
      try {
        const { response, body } = await exchange(fetch, filled, request);
        return redact.value(await answer({ response, body: redact.value(body), input, result }));
      } catch (thrown) {
        if (!(thrown instanceof AppError)) throw thrown;
        const { code, message, retryable, outcomeUnknown, cause } = thrown;
        throw new AppError(code, redact.text(message), { cause, retryable, outcomeUnknown });
      }
    },
  };
}

/** Behind a proxy of the environment, only the proxy knows addresses. */
function fetchFor(host: string, definition: HttpToolDefinition, options: HttpToolOptions): typeof globalThis.fetch {
  const { env } = options;
  const isProxied = ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy'].some((name) => (env[name] ?? '') !== '');
  const isPrivate = definition.private_network === true || namesPrivatePlace(host);
  return isPrivate || isProxied ? options.fetch : createPublicFetch(options.lookup);
}

/** A placeholder in the host would let the input choose the server. */
function isHttpUrl(template: string): boolean {
  if (!/^https?:\/\//i.test(template) || !URL.canParse(template)) return false;
  const origin = template.split('/', 3).join('/');
  return placeholdersOf(origin).length === 0 && paramsIn(origin).length === 0;
}

function requestOf(
  definition: HttpToolDefinition,
  call: { headers: Record<string, string>; values: JsonObject; signal: AbortSignal; context: ToolContext },
): RequestInit {
  const headers = new Headers();
  for (const [name, template] of Object.entries(call.headers)) headers.set(name, fillHeader(template, call.values));
  if (!headers.has('accept')) headers.set('accept', 'application/json, text/plain;q=0.9, */*;q=0.8');
  if (definition.method !== 'GET') headers.set('idempotency-key', call.context.idempotencyKey);
  const request: RequestInit = { method: definition.method, headers, signal: call.signal };
  const body = fillBody(definition.body, call.values, encodingOf(headers.get('content-type') ?? ''));
  if (body === undefined) return request;
  if (typeof body === 'string') return { ...request, body };
  if (!headers.has('content-type')) headers.set('content-type', 'application/json');
  return { ...request, body: JSON.stringify(body) };
}

function encodingOf(contentType: string): Encoding {
  if (/json/i.test(contentType)) return 'json';
  return /x-www-form-urlencoded/i.test(contentType) ? 'form' : 'text';
}

/** Sends the request and reads the answer; the connection can break in both steps. */
async function exchange(
  fetch: typeof globalThis.fetch,
  url: string,
  request: RequestInit,
): Promise<{ response: Response; body: Json }> {
  try {
    const response = await followRedirects(fetch, url, request);
    return { response, body: await readBody(response) };
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code === 'location_denied')
      throw privateAddress(new URL(url).host, thrown);
    if (thrown instanceof AppError || !(thrown instanceof Error) || thrown.name === 'AbortError') throw thrown;
    const { host } = new URL(url);
    const late = thrown.name === 'TimeoutError';
    const what = late ? 'did not answer in time' : `can't be reached (${reasonOf(thrown.cause ?? thrown)})`;
    const doubt = request.method === 'GET' ? '' : ' It is not known whether the call took effect.';
    throw new AppError('tool_unavailable', `${host} ${what}.${doubt}`, {
      cause: thrown,
      retryable: true,
      outcomeUnknown: request.method !== 'GET',
    });
  }
}

/**
 * Follows redirects within the origin of the URL: headers may hold keys, which are for that server alone. As `fetch` does,
 * 303 and a redirected POST go on as GET without a body.
 */
async function followRedirects(fetch: typeof globalThis.fetch, url: string, request: RequestInit): Promise<Response> {
  let at = url;
  let sent: RequestInit = { ...request, redirect: 'manual' };
  for (let redirects = 0; ; redirects += 1) {
    const response = await fetch(at, sent);
    const location = response.headers.get('location');
    if (response.status < 300 || response.status >= 400 || location === null) return response;
    await response.body?.cancel();
    const next = URL.canParse(location, at) ? new URL(location, at) : undefined;
    if (next?.origin !== new URL(url).origin) {
      const where = next === undefined ? 'no URL' : next.origin;
      const text = `The service redirects to ${where}, which is not followed: keys are for ${new URL(url).origin} alone.`;
      throw new AppError('tool_unavailable', `${text} Go on without this tool; its "url" has to be corrected.`);
    }
    if (redirects === MAX_REDIRECTS) throw new AppError('tool_unavailable', 'The service redirects without an end.');
    at = next.href;
    if (response.status === 303 || (response.status < 303 && sent.method === 'POST')) {
      const { body: _body, ...rest } = sent;
      const headers = new Headers(sent.headers);
      headers.delete('content-type');
      sent = { ...rest, headers, method: 'GET' };
    }
  }
}

function privateAddress(host: string, cause: AppError): AppError {
  const fix = `An agent that may call it names the address itself, or sets private_network: true.`;
  return new AppError('tool_unavailable', `${host} is not called: ${cause.message} ${fix}`, { cause });
}

/** The body, parsed if it is declared as JSON or is JSON. @throws AppError when it is larger than {@link MAX_BODY_BYTES} */
async function readBody(response: Response): Promise<Json> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength;
    if (length > MAX_BODY_BYTES) {
      throw new AppError('tool_unavailable', 'The answer is larger than 1 MB, which is the most that is read.');
    }
    chunks.push(chunk);
  }
  const text = new TextDecoder().decode(Buffer.concat(chunks));
  if (text === '') return null;
  const type = response.headers.get('content-type') ?? '';
  if (!/json/i.test(type) && !/^\s*[[{]/.test(text)) return text;
  try {
    return parseJson(text) as Json;
  } catch (thrown) {
    if (!/json/i.test(type) || !response.ok) return text;
    const beginning = text.slice(0, SHOWN_BODY_LENGTH);
    throw new AppError('tool_unavailable', `The answer is not the JSON it claims to be: ${beginning}`, {
      cause: thrown,
    });
  }
}

async function answer(call: {
  response: Response;
  body: Json;
  input: JsonObject;
  result: Expression | undefined;
}): Promise<ToolResult | Json> {
  const { response, body, input, result } = call;
  if (!response.ok) {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const shown = text.length > SHOWN_BODY_LENGTH ? `${text.slice(0, SHOWN_BODY_LENGTH)}…` : text;
    const status = `${response.status} ${response.statusText}`.trim();
    return { content: `The service answered ${status}${body === null ? '.' : `: ${shown}`}`, isError: true };
  }
  if (result === undefined) return body;
  const headers = Object.fromEntries(response.headers);
  const value = await result.evaluate({ status: response.status, headers, body, input });
  return (value ?? null) as Json;
}
