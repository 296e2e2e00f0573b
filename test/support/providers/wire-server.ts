import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseJson } from '../../../src/base/json/exact-number.ts';
import { mulberry32 } from '../messages-server.ts';
import type { WireAnswer, WireRequest } from '../messages-wire.ts';

/** What a service refuses; each format has its own way of saying it. */
export type RefusalKind =
  | 'key'
  | 'permission'
  | 'model'
  | 'invalid'
  | 'too-long'
  | 'rate'
  | 'spend'
  | 'server'
  | 'overloaded'
  | 'timeout';

/** Something that goes wrong instead of an answer. */
export type WireFault =
  | { fault: 'refused'; kind: RefusalKind; message?: string; headers?: Record<string, string> }
  /** This status and body, as they are. */
  | { fault: 'status'; status: number; body: string; headers?: Record<string, string> }
  /** The connection is reset before a byte of the answer. */
  | { fault: 'reset' }
  /** Status 200 and half of the body, then a proper end of the response. */
  | { fault: 'cut' }
  /** Status 200 and half of the body, then a reset. */
  | { fault: 'reset-body' }
  /** No answer, until the client goes away. */
  | { fault: 'hang' }
  /** Status 200, headers and half of the body, then nothing more. */
  | { fault: 'hang-body' };

/** A body with its type. A streamed one comes in pieces. */
export interface WireBody {
  contentType: string;
  pieces: (string | Uint8Array)[];
}

/** A provider's wire format. Requests and answers are in the terms of the Messages API, which name everything needed. */
export interface WireFormat {
  /** The request, or nothing when the path is no route of the format. */
  read(path: string, body: Record<string, unknown>): WireRequest | undefined;
  write(answer: WireAnswer, request: WireRequest, number: number): WireBody;
  refuse(kind: RefusalKind, message: string): { status: number; body: unknown; headers?: Record<string, string> };
}

export interface WireServerOptions {
  format: WireFormat;
  /** The model: an answer or a fault for each request. */
  respond: (request: WireRequest, sent: SentRequest) => WireAnswer | WireFault | Promise<WireAnswer | WireFault>;
  /** Sent with every answer. */
  headers?: Record<string, string>;
  /** Each answer takes a random time between these, in milliseconds. Default 0. */
  latencyMs?: readonly [number, number];
  seed?: number;
  port?: number;
}

export interface SentRequest {
  /** Numbered from 1. */
  number: number;
  path: string;
  headers: IncomingHttpHeaders;
  body: Record<string, unknown>;
}

export interface WireServer {
  url: string;
  /** Every request that had a route. */
  requests: SentRequest[];
  close(): Promise<void>;
}

/** Starts a server that speaks a provider's format on the loopback address. */
export async function startWireServer(options: WireServerOptions): Promise<WireServer> {
  const requests: SentRequest[] = [];
  const random = mulberry32(options.seed ?? 1);
  const server = createServer((request, response) => {
    handle(request, response, { options, requests, random }).catch((thrown: unknown) => {
      // A fault of the test's own `respond`: it has to show in the client's error.
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { message: `the test server: ${String(thrown)}` } }));
    });
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Handling {
  options: WireServerOptions;
  requests: SentRequest[];
  random: () => number;
}

async function handle(
  incoming: IncomingMessage,
  response: ServerResponse,
  { options, requests, random }: Handling,
): Promise<void> {
  const { format } = options;
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  const body = (text === '' ? {} : parseJson(text)) as Record<string, unknown>;
  const path = incoming.url ?? '';
  const request = incoming.method === 'POST' ? format.read(path, body) : undefined;
  if (request === undefined) {
    const { status, body: refusal } = format.refuse('model', `no route ${incoming.method} ${path}`);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(refusal));
    return;
  }
  const sent: SentRequest = { number: requests.length + 1, path, headers: incoming.headers, body };
  requests.push(sent);
  const [least, most] = options.latencyMs ?? [0, 0];
  const delayMs = least + (most - least) * random();
  const answer = await options.respond(request, sent);
  if (delayMs > 0) await sleep(delayMs);
  if (!response.destroyed) deliver(response, { answer, request, sent, options });
}

interface Delivery {
  answer: WireAnswer | WireFault;
  request: WireRequest;
  sent: SentRequest;
  options: WireServerOptions;
}

function deliver(response: ServerResponse, { answer, request, sent, options }: Delivery): void {
  const { format, headers = {} } = options;
  if ('fault' in answer && !['cut', 'reset-body', 'hang-body'].includes(answer.fault)) {
    refuse(response, answer, format);
    return;
  }
  const unfinished: WireAnswer = { content: [{ type: 'text', text: 'This answer will not come to its end.' }] };
  const { contentType, pieces } = format.write('fault' in answer ? unfinished : answer, request, sent.number);
  response.writeHead(200, { 'x-request-id': `req_test_${sent.number}`, ...headers, 'content-type': contentType });
  if (!('fault' in answer)) {
    for (const piece of pieces) response.write(piece);
    response.end();
    return;
  }
  const [only] = pieces;
  const half =
    pieces.length > 1 || only === undefined
      ? pieces.slice(0, Math.ceil(pieces.length / 2))
      : [only.slice(0, only.length / 2)];
  const bytes = Buffer.concat(half.map((piece) => Buffer.from(piece)));
  if (answer.fault === 'cut') response.end(bytes);
  else if (answer.fault === 'reset-body') response.write(bytes, () => response.socket?.resetAndDestroy());
  else response.write(bytes);
}

function refuse(response: ServerResponse, fault: WireFault, format: WireFormat): void {
  if (fault.fault === 'reset') response.socket?.resetAndDestroy();
  if (fault.fault === 'status') {
    response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers }).end(fault.body);
  }
  if (fault.fault === 'refused') {
    const { status, body, headers } = format.refuse(fault.kind, fault.message ?? 'a fault of the test');
    response.writeHead(status, { 'content-type': 'application/json', ...headers, ...fault.headers });
    response.end(JSON.stringify(body));
  }
  // `hang`: nothing is ever sent.
}

/** Tokens of a request and an answer, 4 characters each, where the answer does not say. */
export function usageOf(answer: WireAnswer, request: WireRequest) {
  const tokens = (value: unknown) => Math.ceil(JSON.stringify(value ?? null).length / 4);
  const stated = answer.usage ?? {};
  return {
    input: Number(stated['input_tokens'] ?? tokens([request.system, request.messages, request.tools])),
    output: Number(stated['output_tokens'] ?? tokens(answer.content)),
    cacheRead: Number(stated['cache_read_input_tokens'] ?? 0),
    cacheWrite: Number(stated['cache_creation_input_tokens'] ?? 0),
  };
}

/** Text in small pieces, as it is streamed. */
export function inPieces(text: string): string[] {
  return text.match(/[\s\S]{1,7}/g) ?? [];
}

/** One JSON document. */
export function jsonBody(value: unknown): WireBody {
  return { contentType: 'application/json', pieces: [JSON.stringify(value)] };
}
