import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseJson } from '../../../src/base/json/exact-number.ts';
import type { WireRequest } from '../messages-wire.ts';
import { createJobs, type Job, type JobBehaviour, type Jobs } from './provider-jobs.ts';
import type { RefusalKind, WireFormat } from './wire-server.ts';

/** What every count of tokens says. */
const COUNTED = { input_tokens: 100, output_tokens: 0 };

/** What a call of a batch API is for. */
export type BatchRoute = 'upload' | 'create' | 'status' | 'results' | 'list' | 'cancel';

export type BatchFault =
  | { fault: 'refused'; kind: RefusalKind; message?: string; headers?: Record<string, string> }
  /** The connection is reset before anything is done. */
  | { fault: 'reset' }
  /** It is done, and the connection is reset before a byte of the answer. */
  | { fault: 'lost' }
  /** It is done, and the answer comes to an end half way. */
  | { fault: 'cut' };

export interface BatchCall {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** Where this server is. */
  url: string;
}

export interface BatchReply {
  status?: number;
  headers?: Record<string, string>;
  /** Sent as JSON, unless it is text. */
  body: unknown;
}

/** A provider's batch API on the wire. */
export interface BatchFormat {
  /** What a call is for, or nothing when it is no route of the format. */
  routeOf(call: BatchCall): BatchRoute | undefined;
  answer(route: BatchRoute, call: BatchCall): BatchReply | Promise<BatchReply>;
  refuse(kind: RefusalKind, message: string): BatchReply;
}

export interface BatchServerOptions extends JobBehaviour {
  createFormat: (jobs: Jobs) => BatchFormat;
  /** What goes wrong with a call; `number` counts the calls of its route from 1. */
  fault?: (route: BatchRoute, number: number) => BatchFault | undefined;
  /** Each answer takes so long, in milliseconds. Default 0. */
  latencyMs?: number;
  /** Calls of this format are answered in real time, by the same model. */
  realtime?: WireFormat;
}

export interface BatchServer {
  url: string;
  jobs: Job[];
  /** Every call that had a route, in order. */
  calls: (BatchCall & { route: BatchRoute })[];
  /** Requests that were answered in real time. */
  realtime: WireRequest[];
  close(): Promise<void>;
}

/** Starts a server of a provider's batch API on the loopback address. */
export async function startBatchServer(options: BatchServerOptions): Promise<BatchServer> {
  const jobs = createJobs(options);
  const format = options.createFormat(jobs);
  const calls: BatchServer['calls'] = [];
  const realtime: WireRequest[] = [];
  const server = createServer((request, response) => {
    handle(request, response, { options, format, calls, realtime }).catch((thrown: unknown) => {
      // A fault of the test's own: it has to show in the client's error.
      if (!response.headersSent) response.writeHead(400, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { message: `the test server: ${String(thrown)}` } }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    jobs: jobs.jobs,
    calls,
    realtime,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Handling {
  options: BatchServerOptions;
  format: BatchFormat;
  calls: BatchServer['calls'];
  realtime: WireRequest[];
}

async function handle(request: IncomingMessage, response: ServerResponse, handling: Handling): Promise<void> {
  const { options, format, calls, realtime } = handling;
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const at = `http://${request.headers.host}`;
  const { pathname, searchParams } = new URL(request.url ?? '/', at);
  const call: BatchCall = {
    method: request.method ?? '',
    path: decodeURIComponent(pathname),
    query: searchParams,
    headers: request.headers,
    body: Buffer.concat(chunks),
    url: at,
  };
  const route = format.routeOf(call);
  const asked = route === undefined && options.realtime !== undefined ? readNow(call, options.realtime) : undefined;
  if (asked !== undefined && options.realtime !== undefined) {
    // A count of tokens is asked for with a limit below 0: it is no call.
    const isCount = asked.max_tokens < 0;
    if (!isCount) realtime.push(asked);
    const answer = isCount ? { content: [], usage: COUNTED } : options.respond(asked, 'realtime');
    if ('item' in answer) throw new Error(`${answer.item} is no answer in real time`);
    const { contentType, pieces } = options.realtime.write(answer, asked, realtime.length);
    response.writeHead(200, { 'content-type': contentType });
    response.end(Buffer.concat(pieces.map((piece) => Buffer.from(piece))));
    return;
  }
  if (route === undefined) {
    send(response, format.refuse('model', `no route ${call.method} ${call.path}`));
    return;
  }
  calls.push({ ...call, route });
  const fault = options.fault?.(route, calls.filter((other) => other.route === route).length);
  if (options.latencyMs) await sleep(options.latencyMs);
  if (fault?.fault === 'reset') {
    request.socket.resetAndDestroy();
  } else if (fault?.fault === 'refused') {
    const reply = format.refuse(fault.kind, fault.message ?? 'a fault of the test');
    send(response, { ...reply, headers: { ...reply.headers, ...fault.headers } });
  } else {
    const reply = await format.answer(route, call);
    if (fault?.fault === 'lost') request.socket.resetAndDestroy();
    else send(response, reply, { isCut: fault?.fault === 'cut' });
  }
}

function readNow({ method, path, body }: BatchCall, format: WireFormat): WireRequest | undefined {
  if (method !== 'POST') return undefined;
  return format.read(path, parseJson(body.toString('utf8')) as Record<string, unknown>);
}

function send(
  response: ServerResponse,
  { status = 200, headers = {}, body }: BatchReply,
  { isCut = false }: { isCut?: boolean } = {},
): void {
  const isText = typeof body === 'string';
  const type = isText ? 'application/octet-stream' : 'application/json';
  const bytes = Buffer.from(isText ? body : JSON.stringify(body));
  const length = { 'content-length': String(bytes.length) };
  response.writeHead(status, { 'content-type': type, ...length, ...headers });
  if (!isCut) response.end(bytes);
  else response.write(bytes.subarray(0, bytes.length / 2), () => response.socket?.destroy());
}
