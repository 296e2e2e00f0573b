import type { Agent, ClientRequest, IncomingMessage, request as requestOf } from 'node:http';
import { urlToHttpOptions } from 'node:url';
import { parseJson } from '../../base/json/exact-number.ts';
import { httpModule } from '../../base/process/http-module.ts';
import { cancelled, closed, notConnected, stoodStill } from './connection-faults.ts';
import { type LeanBody, toLeanBody } from './lean-body.ts';
import { LeanHeaders, type LeanResponse } from './lean-response.ts';
import type { WholePost } from './post-connection.ts';
import { createPostConnections } from './post-connections.ts';

/** Options of a call that `fetch` does not have. */
interface LeanInit {
  /** See `RespondOptions.mayStillSend`. */
  mayStillSend?: (() => boolean) | undefined;
  /**
   * Ends the call, instead of `signal`. For an SDK that gets no signal itself: the Anthropic SDK spends 5 µs of a call
   * on one.
   */
  cancel?: AbortSignal | undefined;
  /** The outcome of the call, which is not sent once more: for an SDK that is to read an answer, or a fault. */
  outcome?: Promise<LeanResponse> | undefined;
}

/** {@link LeanInit} as an SDK's fetch options. The SDK passes them on unchanged; other fetches ignore them. */
export function leanOptions(init: LeanInit): object {
  return init;
}

/** A `fetch` for SDKs that send JSON, and its connections. */
export interface LeanFetch {
  fetch: typeof fetch;
  /** Posts text for an answer that is read as a whole. Contract: that of {@link flat}. */
  post(href: string, post: LeanPosting): Promise<LeanResponse>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** What is posted. */
export interface LeanPosting extends Omit<WholePost, 'headers'> {
  headers: Headers;
}

/** The proxies that requests go through, by the names of the variables that every HTTP client reads. */
export interface ProxyVariables {
  HTTP_PROXY?: string | undefined;
  HTTPS_PROXY?: string | undefined;
  /** Hosts that are called directly, separated by commas. */
  NO_PROXY?: string | undefined;
}

/** How long an idle connection is kept. */
const IDLE_MS = 30_000;
const CONNECT_MS = 10_000;
/** Parsed addresses that are kept: an SDK calls the same few again and again, and parsing one costs 4 µs. */
const MAX_TARGETS = 100;
/** As many as the calls that a process may have in flight, so that no connection is closed and opened again. */
const MAX_IDLE = 2_000;

/**
 * A `fetch` that builds only the parts of a response that the SDKs read. It keeps connections, and has no deadline
 * except for connecting. It follows no redirects, which the APIs don't send. Measured with the Anthropic SDK: a call
 * takes half the processor time of the global `fetch` (Node 26, concurrency 100). Calls of `post` have connections of
 * their own, except through a proxy. A `Request`, a form and a stream are passed to the global `fetch`.
 */
export function createLeanFetch(proxy?: ProxyVariables): LeanFetch {
  const opened = new Map<string, Transport>();
  const targets = new Map<string, Target>();
  let closing: Promise<void> | undefined;
  const posts = createPostConnections({ idleMs: IDLE_MS, connectMs: CONNECT_MS });
  const leanFetch = async (input: string | URL | Request, init: RequestInit & LeanInit = {}): Promise<LeanResponse> => {
    if (init.outcome !== undefined) return init.outcome;
    const body: LeanBody | undefined =
      typeof init.body === 'string' ? { bytes: init.body } : await toLeanBody(init.body);
    if (body === undefined || input instanceof Request) {
      if (closing !== undefined) throw closed();
      if (init.mayStillSend?.() === false) throw stoodStill();
      return fetch(input, { ...init, signal: init.cancel ?? init.signal ?? null }) as unknown as Promise<LeanResponse>;
    }
    const href = String(input);
    const target = targetOf(href, targets);
    const { protocol } = target.url;
    if (closing !== undefined) throw closed();
    const transport = opened.get(protocol) ?? open(protocol, proxy);
    opened.set(protocol, transport);
    return toLeanResponse(await send(target, { init, body }, transport), target.url);
  };
  return {
    fetch: leanFetch as unknown as typeof fetch,
    post: (href, { headers, ...posting }) => {
      if (proxy !== undefined) return leanFetch(href, { method: 'POST', headers, ...posting });
      return posts.post(targetOf(href, targets).url, { ...posting, headers: flat(headers) });
    },
    close: () => {
      closing ??= posts.close().then(() => {
        for (const { agent } of opened.values()) agent.destroy();
      });
      return closing;
    },
  };
}

interface Transport {
  agent: Agent;
  request: typeof requestOf;
  /** Whether the environment names proxies; it may still exempt an address. */
  isProxied: boolean;
}

function open(protocol: string, proxyEnv: ProxyVariables | undefined): Transport {
  const { Agent, request } = httpModule(protocol);
  const kept = { keepAlive: true, timeout: IDLE_MS, maxFreeSockets: MAX_IDLE };
  if (proxyEnv === undefined) return { request, agent: new Agent(kept), isProxied: false };
  return { request, agent: new Agent({ ...kept, proxyEnv: { ...proxyEnv } }), isProxied: true };
}

/** A parsed address. */
interface Target extends Pick<ReturnType<typeof urlToHttpOptions>, 'hostname' | 'port' | 'path'> {
  url: URL;
}

function targetOf(href: string, known: Map<string, Target>): Target {
  const target = known.get(href) ?? toTarget(href);
  if (known.size < MAX_TARGETS) known.set(href, target);
  return target;
}

function toTarget(href: string): Target {
  const url = new URL(href);
  const { hostname, port, path } = urlToHttpOptions(url);
  return { url, hostname, port, path };
}

function send(
  { url, hostname, port, path }: Target,
  { init, body: { bytes, type } }: { init: RequestInit & LeanInit; body: LeanBody },
  { agent, request, isProxied }: Transport,
): Promise<IncomingMessage> {
  const headers = [...flat(init.headers)];
  headers.push('host', url.host);
  if (bytes !== undefined) headers.push('content-length', String(Buffer.byteLength(bytes)));
  if (type !== undefined && !headers.includes('content-type')) headers.push('content-type', type);
  const signal = init.cancel ?? init.signal ?? undefined;
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const given = isProxied ? named(headers) : headers;
    const sent = request({ agent, hostname, port, path, method: init.method ?? 'GET', headers: given });
    // Node's own `signal` option would add a dozen listeners to the request.
    let answer: IncomingMessage | undefined;
    // A complete answer is not destroyed: Node 24 would emit an error on it that has no listener. The OpenAI SDK
    // cancels every stream that it has read.
    const abort = () => {
      if (answer?.complete !== true) sent.destroy(cancelled());
    };
    signal?.addEventListener('abort', abort, { once: true });
    sent.once('close', () => signal?.removeEventListener('abort', abort));
    sent.once('socket', (socket) => {
      // The request is sent as soon as this listener returns.
      if (init.mayStillSend?.() === false) sent.destroy(stoodStill());
      else if (socket.connecting) limitConnecting(sent, url);
    });
    sent.once('response', (response) => {
      answer = response;
      resolve(response);
    });
    sent.on('error', reject);
    // Text goes out in one write with the headers.
    sent.end(bytes);
  });
}

/** Headers by name: Node 24.14 and older read a proxied request's host only from this form, else use `localhost`. */
function named(headers: readonly string[]): { [name: string]: string } {
  return Object.fromEntries(
    headers.flatMap((name, index) => (index % 2 === 0 ? [[name, headers[index + 1] ?? '']] : [])),
  );
}

/** Limits connecting: the operating system itself gives up after two minutes. */
function limitConnecting(sent: ClientRequest, url: URL): void {
  const timer = setTimeout(() => {
    sent.destroy(notConnected(url.host, CONNECT_MS));
  }, CONNECT_MS);
  const stop = () => clearTimeout(timer);
  sent.socket?.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', stop);
  sent.once('close', stop);
}

function toLeanResponse(response: IncomingMessage, url: URL): LeanResponse {
  const status = response.statusCode ?? 0;
  const text = () => readText(response);
  return {
    ok: status >= 200 && status < 300,
    status,
    statusText: '',
    url: url.href,
    headers: new LeanHeaders(response.headers),
    body: response,
    json: async () => parseJson(await text()),
    text,
  };
}

function readText(response: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    response.once('error', reject);
  });
}

/** Headers that an SDK sends again and again, in the form of {@link flat}. */
const flattened = new WeakMap<Headers, readonly string[]>();

/**
 * The request's headers in the form that costs Node the least work: names and values in turn.
 * Contract: the caller does not change a `Headers` that it has sent.
 */
function flat(given: RequestInit['headers']): readonly string[] {
  const known = given instanceof Headers ? flattened.get(given) : undefined;
  if (known !== undefined) return known;
  const headers: string[] = [];
  for (const [name, value] of given instanceof Headers ? given : new Headers(given)) headers.push(name, value);
  if (given instanceof Headers) flattened.set(given, headers);
  return headers;
}
