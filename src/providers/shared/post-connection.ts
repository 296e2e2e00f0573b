import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { urlToHttpOptions } from 'node:url';
import { parseJson } from '../../base/json/exact-number.ts';
import { AnswerReader, type HttpAnswer } from './answer-reader.ts';
import { broken, cancelled, closed, notConnected, stoodStill } from './connection-faults.ts';
import { LeanHeaders, type LeanResponse } from './lean-response.ts';

/** A POST of text. */
export interface WholePost {
  /** Names and values in turn, without those of the connection and the length. The same list for calls that are alike. */
  headers: readonly string[];
  body: string;
  /** Asked when the connection is there, right before the first byte is sent. */
  mayStillSend?: (() => boolean) | undefined;
  cancel?: AbortSignal | undefined;
}

/** A call of a connection. */
export interface PostCall {
  url: URL;
  post: WholePost;
  resolve: (response: LeanResponse) => void;
  reject: (fault: Error) => void;
}

/** Times in milliseconds. */
export interface ConnectionOptions {
  /** How long a connection without a call is kept, where the server does not name a shorter time. */
  idleMs: number;
  connectMs: number;
}

interface PostConnectionOptions extends ConnectionOptions {
  /** TLS sessions to resume, by origin. */
  sessions: Map<string, Buffer>;
  /** A complete answer arrived: `settle` gives it to its call. */
  onAnswer: (settle: () => void) => void;
  /** The connection may have another call. */
  onRest: (connection: PostConnection) => void;
  onClose: () => void;
}

/** Probes of the operating system, which find that the server is gone while a model thinks. */
const PROBE_MS = 60_000;
/** A server may count its time from an earlier moment. */
const HINT_MARGIN_MS = 1000;
const HINT = /timeout=(\d+)/;

/** One connection to a server. It connects when it is made, and has one call at a time. */
export class PostConnection {
  readonly origin: string;
  readonly #socket: Socket;
  readonly #options: PostConnectionOptions;
  readonly #closed: Promise<void>;
  readonly #reader = new AnswerReader();
  #call: PostCall | undefined;
  #isConnected = false;
  #fault: Error | undefined;
  /** On the clock of `performance`. */
  #idleUntil = 0;

  constructor(url: URL, options: PostConnectionOptions) {
    this.origin = url.origin;
    this.#options = options;
    const socket = toSocket(url, this.origin, options.sessions);
    this.#socket = socket;
    const slow = setTimeout(() => this.#break(notConnected(url.host, options.connectMs)), options.connectMs);
    socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
      clearTimeout(slow);
      this.#isConnected = true;
      // Its call may have been cancelled meanwhile.
      if (this.#call === undefined) this.#rest(options.idleMs);
      else this.#sendCall();
    });
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', (fault) => {
      this.#fault ??= fault;
    });
    this.#closed = new Promise((resolve) => {
      socket.once('close', () => {
        clearTimeout(slow);
        options.onClose();
        this.#endBroken();
        resolve();
      });
    });
  }

  /** Whether it may have another call; it is closed if it may not. */
  isUsable(now: number): boolean {
    // Not writable: the server has ended it.
    if (this.#socket.writable && now < this.#idleUntil) return true;
    this.#socket.destroy();
    return false;
  }

  /** Contract: only for a new connection, and for one that is usable. */
  send(call: PostCall): void {
    this.#call = call;
    call.post.cancel?.addEventListener('abort', this.#cancel, { once: true });
    this.#socket.ref();
    if (this.#isConnected) this.#sendCall();
  }

  /** Resolves once it is closed. Idempotent. */
  close(): Promise<void> {
    this.#break(this.#isConnected ? broken() : closed());
    return this.#closed;
  }

  readonly #cancel = (): void => {
    if (this.#isConnected) this.#break(cancelled());
    // Nothing is sent, and another call may have the connection.
    else this.#endCall()?.reject(cancelled());
  };

  #sendCall(): void {
    const { post, url } = this.#call as PostCall;
    if (post.mayStillSend?.() === false) {
      const call = this.#endCall();
      this.#rest(this.#options.idleMs);
      call?.reject(stoodStill());
      return;
    }
    const { body } = post;
    const size = Buffer.byteLength(body);
    const { text, isAscii } = headOf(url, post.headers);
    const head = `${text}content-length: ${size}\r\n\r\n`;
    // Headers are Latin-1. One write of text costs half of two that are sent together.
    if (size === body.length) this.#socket.write(head + body, 'latin1');
    else if (isAscii) this.#socket.write(head + body);
    else this.#socket.write(Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body)]));
  }

  #read(chunk: Buffer): void {
    // Bytes that no call has asked for.
    if (this.#call === undefined) {
      this.#break(broken());
      return;
    }
    try {
      const answer = this.#reader.read(chunk);
      if (answer === undefined) return;
      const call = this.#endCall();
      // An answer before the end of the request: what is left of it must not be sent.
      if (answer.isKept && this.#socket.writableLength === 0) this.#rest(this.#keepMs(answer.headers['keep-alive']));
      else this.#socket.destroy();
      if (call === undefined) return;
      this.#options.onAnswer(() => call.resolve(new PostResponse(call.url, answer, Promise.resolve(answer.text))));
    } catch (fault) {
      this.#break(fault as Error);
    }
  }

  #keepMs(hint: string | undefined): number {
    const seconds = hint === undefined ? undefined : HINT.exec(hint)?.[1];
    const { idleMs } = this.#options;
    return seconds === undefined ? idleMs : Math.min(idleMs, Number(seconds) * 1000 - HINT_MARGIN_MS);
  }

  #rest(ms: number): void {
    this.#idleUntil = performance.now() + ms;
    // A connection without a call does not keep the process.
    this.#socket.unref();
    this.#options.onRest(this);
  }

  #break(fault: Error): void {
    this.#fault ??= fault;
    this.#socket.destroy();
  }

  /** The connection is closed. An answer without a length ends so; of another one only the head can be read. */
  #endBroken(): void {
    const call = this.#endCall();
    if (call === undefined) return;
    const answer = this.#fault === undefined ? this.#reader.end() : undefined;
    const { head } = this.#reader;
    if (answer !== undefined) {
      call.resolve(new PostResponse(call.url, answer, Promise.resolve(answer.text)));
      return;
    }
    const fault = this.#isConnected ? broken(this.#fault) : (this.#fault ?? broken());
    if (head === undefined) {
      call.reject(fault);
      return;
    }
    const body = Promise.reject(fault);
    // Who gets the response may not read its body.
    body.catch(() => undefined);
    call.resolve(new PostResponse(call.url, head, body));
  }

  #endCall(): PostCall | undefined {
    const call = this.#call;
    this.#call = undefined;
    call?.post.cancel?.removeEventListener('abort', this.#cancel);
    return call;
  }
}

function toSocket(url: URL, origin: string, sessions: Map<string, Buffer>): Socket {
  const { hostname = '', port } = urlToHttpOptions(url);
  const host = hostname ?? '';
  const options = { host, noDelay: true, keepAlive: true, keepAliveInitialDelay: PROBE_MS };
  if (url.protocol !== 'https:') return connectTcp({ ...options, port: Number(port || 80) });
  const socket = connectTls({
    ...options,
    port: Number(port || 443),
    // A server's name in TLS is never an address.
    servername: isIP(host) === 0 ? host : '',
    ALPNProtocols: ['http/1.1'],
    ...(sessions.has(origin) && { session: sessions.get(origin) }),
  });
  socket.on('session', (session) => sessions.set(origin, session));
  return socket;
}

/** The head of a request without its length. */
interface RequestHead {
  url: URL;
  text: string;
  isAscii: boolean;
}

/** By the list of their headers. */
const heads = new WeakMap<readonly string[], RequestHead>();

function headOf(url: URL, headers: readonly string[]): RequestHead {
  const known = heads.get(headers);
  if (known?.url === url) return known;
  let text = `POST ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\nconnection: keep-alive\r\n`;
  for (let at = 0; at < headers.length; at += 2) text += `${headers[at]}: ${headers[at + 1]}\r\n`;
  const head = { url, text, isAscii: Buffer.byteLength(text) === text.length };
  heads.set(headers, head);
  return head;
}

/** Methods instead of a function for each: a row of a batch makes one response. */
class PostResponse implements LeanResponse {
  readonly status: number;
  readonly statusText = '';
  readonly headers: LeanHeaders;
  readonly #url: URL;
  readonly #body: Promise<string>;

  constructor(url: URL, { status, headers }: Omit<HttpAnswer, 'text'>, body: Promise<string>) {
    this.status = status;
    this.headers = new LeanHeaders(headers);
    this.#url = url;
    this.#body = body;
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  get url(): string {
    return this.#url.href;
  }

  get body(): AsyncIterable<Uint8Array> {
    return bytesOf(this.#body);
  }

  async json(): Promise<unknown> {
    return parseJson(await this.#body);
  }

  text(): Promise<string> {
    return this.#body;
  }
}

async function* bytesOf(body: Promise<string>): AsyncGenerator<Uint8Array> {
  yield Buffer.from(await body);
}
