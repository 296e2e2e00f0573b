import type { Agent as AgentType, Dispatcher } from 'undici';
import { parseJson } from '../../base/json/exact-number.ts';
import { cancelled, stoodStill } from './connection-faults.ts';
import { LeanHeaders, type LeanResponse } from './lean-response.ts';

/** A POST of text. */
export interface WholePost {
  /** Names and values in turn, without those of the connection and the length. */
  headers: readonly string[];
  body: string;
  /** Asked when the connection is there, right before the first byte is sent. */
  mayStillSend?: (() => boolean) | undefined;
  cancel?: AbortSignal | undefined;
}

/** Connections of undici, which cost a call 60 µs of processor time less than those of `node:http`. */
export interface PostConnections {
  /** Gives the answer once its headers are there. Its body is kept in memory. */
  post(url: URL, post: WholePost): Promise<LeanResponse>;
  /** Ends all calls. Idempotent. */
  close(): Promise<void>;
}

interface ConnectionOptions {
  idleMs: number;
  connectMs: number;
}

/** The index of undici would take twice as long, and put an agent of its own under Node's `fetch`. */
const AGENT = 'undici/lib/dispatcher/agent.js';

/** Loads undici, about 40 ms of processor time. */
export async function createPostConnections({ idleMs, connectMs }: ConnectionOptions): Promise<PostConnections> {
  const { default: Agent } = (await import(AGENT)) as { default: typeof AgentType };
  const agent = new Agent({
    // One call at a time on a connection, with no deadline of its own.
    ...{ pipelining: 1, allowH2: false, headersTimeout: 0, bodyTimeout: 0 },
    keepAliveTimeout: idleMs,
    connect: { timeout: connectMs },
  });
  return {
    post: (url, post) =>
      new Promise((resolve, reject) => {
        post.cancel?.throwIfAborted();
        const call = { origin: url.origin, path: `${url.pathname}${url.search}`, method: 'POST' as const };
        const { headers, body } = post;
        const handler = new Posting(post, { url, resolve, reject });
        agent.dispatch({ ...call, headers: headers as string[], body }, handler);
      }),
    close: () => agent.destroy(),
  };
}

interface Outcome {
  url: URL;
  resolve: (response: LeanResponse) => void;
  reject: (fault: Error) => void;
}

type Controller = Dispatcher.DispatchController;

/** One call. undici calls the methods. */
class Posting implements Dispatcher.DispatchHandler {
  readonly #post: WholePost;
  readonly #outcome: Outcome;
  readonly #chunks: Buffer[] = [];
  readonly #body = Promise.withResolvers<string>();
  #controller: Controller | undefined;

  constructor(post: WholePost, outcome: Outcome) {
    this.#post = post;
    this.#outcome = outcome;
    // Who gets the response may not read its body.
    this.#body.promise.catch(() => undefined);
    post.cancel?.addEventListener('abort', this.#abort, { once: true });
  }

  readonly #abort = (): void => {
    const fault = cancelled();
    // While it connects there is nothing to end: it is not sent then.
    if (this.#controller === undefined) this.#fail(fault);
    else this.#controller.abort(fault);
  };

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    const { cancel, mayStillSend } = this.#post;
    if (cancel?.aborted === true) this.#abort();
    else if (mayStillSend?.() === false) controller.abort(stoodStill());
  }

  onResponseStart(_: Controller, status: number, headers: Record<string, string | string[] | undefined>): void {
    // Before the answer there may be notices.
    if (status < 200) return;
    const { url, resolve } = this.#outcome;
    resolve(toResponse({ url, status, headers: new LeanHeaders(headers), body: this.#body.promise }));
  }

  onResponseData(_: Controller, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#end();
    const [first = Buffer.alloc(0)] = this.#chunks;
    this.#body.resolve((this.#chunks.length > 1 ? Buffer.concat(this.#chunks) : first).toString('utf8'));
  }

  onResponseError(_: Controller, fault: Error): void {
    this.#fail(named(fault));
  }

  #fail(fault: Error): void {
    this.#end();
    this.#outcome.reject(fault);
    this.#body.reject(fault);
  }

  #end(): void {
    this.#post.cancel?.removeEventListener('abort', this.#abort);
  }
}

const BROKEN = new Set(['ECONNRESET', 'UND_ERR_SOCKET', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH']);

/** A broken connection as Node's own client reports it. */
function named(fault: Error & { code?: unknown }): Error {
  if (!BROKEN.has(String(fault.code))) return fault;
  return Object.assign(new Error('aborted', { cause: fault }), { code: 'ECONNRESET' });
}

function toResponse({
  url,
  status,
  headers,
  body,
}: Pick<LeanResponse, 'status' | 'headers'> & { url: URL; body: Promise<string> }): LeanResponse {
  return {
    ok: status < 300,
    status,
    statusText: '',
    url: url.href,
    headers,
    body: bytesOf(body),
    json: async () => parseJson(await body),
    text: () => body,
  };
}

async function* bytesOf(body: Promise<string>): AsyncGenerator<Uint8Array> {
  yield Buffer.from(await body);
}
