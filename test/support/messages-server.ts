import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { echoAnswer, twoTurnAnswer } from './echo-agent.ts';
import { toEvents, toWireMessage, type WireAnswer, type WireRequest } from './messages-wire.ts';

/** A fault instead of an answer. */
export type Fault =
  | {
      fault: 'status';
      status: number;
      type?: string;
      message?: string;
      errorCode?: string;
      headers?: Record<string, string>;
    }
  /** The connection is reset before a byte of the answer. */
  | { fault: 'reset' }
  /** Status 200 and half of the body, then a proper end of the response. */
  | { fault: 'cut' }
  /** Status 200 and half of the body, then a reset. */
  | { fault: 'reset-body' }
  /** No answer, until the client goes away. */
  | { fault: 'hang' }
  /** Status 200, headers and half of the body, then nothing more. */
  | { fault: 'hang-body' }
  /** Status 200 with this body. */
  | { fault: 'body'; body: string; contentType?: string }
  /** An `error` event in the middle of a stream. */
  | { fault: 'stream-error'; type: string };

interface RequestContext {
  /** Numbered from 1. */
  number: number;
  headers: IncomingHttpHeaders;
}

export interface MessagesServerOptions {
  /** The model: an answer or a fault for each request. */
  respond: (request: WireRequest, context: RequestContext) => WireAnswer | Fault | Promise<WireAnswer | Fault>;
  /** Each answer takes a random time between these, in milliseconds. Default 0. */
  latencyMs?: readonly [number, number];
  seed?: number;
  keepRequests?: boolean;
  /** Sent with every answer. */
  headers?: Record<string, string>;
  port?: number;
  /** Default: the loopback address. */
  host?: string;
  /** Called for each answer, faults excluded, that was completely handed to the network. */
  onDelivered?: (number: number) => void;
}

export interface MessagesServer {
  /** For `baseURL` and `ANTHROPIC_BASE_URL`. */
  url: string;
  stats: { requests: number; answered: number; inFlight: number; mostInFlight: number };
  /** The requests, when they are kept. */
  requests: { body: WireRequest; headers: IncomingHttpHeaders }[];
  close(): Promise<void>;
}

/** Starts a server that speaks the Messages API, JSON and SSE. */
export async function startMessagesServer(options: MessagesServerOptions): Promise<MessagesServer> {
  const { host = '127.0.0.1' } = options;
  const random = mulberry32(options.seed ?? 1);
  const state: Pick<MessagesServer, 'stats' | 'requests'> = {
    stats: { requests: 0, answered: 0, inFlight: 0, mostInFlight: 0 },
    requests: [],
  };
  const server = createServer((request, response) => {
    handle(request, response, { options, state, random }).catch((thrown: unknown) => {
      // An error in the test's own `respond`: it must appear in the client's error.
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ type: 'error', error: { type: 'api_error', message: String(thrown) } }));
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    ...state,
    url: `http://${host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Handling {
  options: MessagesServerOptions;
  state: Pick<MessagesServer, 'stats' | 'requests'>;
  random: () => number;
}

async function handle(request: IncomingMessage, response: ServerResponse, handling: Handling): Promise<void> {
  const { options, state, random } = handling;
  const { stats } = state;
  if (request.url === '/stats') {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(stats));
    return;
  }
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  if (request.method !== 'POST' || request.url?.split('?')[0] !== '/v1/messages') {
    sendFault(response, { fault: 'status', status: 404, message: `no route ${request.method} ${request.url}` });
    return;
  }
  const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as WireRequest;
  stats.requests += 1;
  stats.inFlight += 1;
  stats.mostInFlight = Math.max(stats.mostInFlight, stats.inFlight);
  response.on('close', () => {
    stats.inFlight -= 1;
  });
  const number = stats.requests;
  if (options.keepRequests) state.requests.push({ body, headers: request.headers });
  const [least, most] = options.latencyMs ?? [0, 0];
  const delayMs = least + (most - least) * random();
  const answer = await options.respond(body, { number, headers: request.headers });
  if (delayMs > 0) await sleep(delayMs);
  if (response.destroyed) return;
  response.on('finish', () => {
    if ('fault' in answer) return;
    stats.answered += 1;
    options.onDelivered?.(number);
  });
  deliver(response, { answer, body, number, headers: options.headers ?? {} });
}

interface Delivery {
  answer: WireAnswer | Fault;
  body: WireRequest;
  number: number;
  headers: Record<string, string>;
}

function deliver(response: ServerResponse, { answer, body, number, headers }: Delivery): void {
  const contentType = body.stream === true ? 'text/event-stream' : 'application/json';
  const head = { ...headers, 'content-type': contentType, 'request-id': `req_test_${number}` };
  if (!('fault' in answer)) {
    const message = toWireMessage(answer, body, number);
    response.writeHead(200, { ...head, ...answer.headers });
    if (body.stream !== true) response.end(JSON.stringify(message));
    else if (answer.rest === undefined) response.end(toEvents(message).join(''));
    else {
      const events = toEvents(message);
      const half = Math.floor(events.length / 2);
      response.write(events.slice(0, half).join(''));
      void answer.rest.then(() => response.end(events.slice(half).join('')));
    }
    return;
  }
  if (!['cut', 'reset-body', 'hang-body', 'stream-error'].includes(answer.fault)) {
    sendFault(response, answer);
    return;
  }
  const message = toWireMessage(
    { content: [{ type: 'text', text: 'This answer will not come to its end.' }] },
    body,
    number,
  );
  const whole = body.stream === true ? toEvents(message).slice(0, 5).join('') : JSON.stringify(message);
  const half = body.stream === true ? whole : whole.slice(0, whole.length / 2);
  response.writeHead(200, head);
  if (answer.fault === 'cut') response.end(half);
  else if (answer.fault === 'reset-body') response.write(half, () => response.socket?.resetAndDestroy());
  else if (answer.fault === 'hang-body') response.write(half);
  else if (answer.fault === 'stream-error') {
    const error = { type: 'error', error: { type: answer.type, message: 'in the middle of it' } };
    response.end(`${half}event: error\ndata: ${JSON.stringify(error)}\n\n`);
  }
}

function sendFault(response: ServerResponse, fault: Fault): void {
  switch (fault.fault) {
    case 'status': {
      const details = fault.errorCode === undefined ? {} : { details: { error_code: fault.errorCode } };
      const error = { type: fault.type ?? 'api_error', message: fault.message ?? 'a fault of the test', ...details };
      response.writeHead(fault.status, {
        'content-type': 'application/json',
        'request-id': 'req_fault',
        ...fault.headers,
      });
      response.end(JSON.stringify({ type: 'error', error }));
      return;
    }
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'body':
      response.writeHead(200, { 'content-type': fault.contentType ?? 'application/json' }).end(fault.body);
      return;
    default:
      // `hang`: nothing is ever sent.
      return;
  }
}

/** A small seeded generator, so that shuffled latencies are the same in every run. */
export function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/**
 * `node test/support/messages-server.ts --port 0 --latency 0-50 --mode echo|two-turn --faults 429:0.02,500:0.03`
 * prints its URL on the first line of stdout; `GET /stats` gives the counts.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      latency: { type: 'string', default: '0-0' },
      mode: { type: 'string', default: 'echo' },
      seed: { type: 'string', default: '1' },
      faults: { type: 'string', default: '' },
    },
  });
  const [least = 0, most = least] = values.latency.split('-').map(Number);
  const answer = values.mode === 'two-turn' ? twoTurnAnswer : echoAnswer;
  const random = mulberry32(Number(values.seed) + 1);
  const faults = values.faults.split(',').flatMap((entry) => {
    const [status, share] = entry.split(':').map(Number);
    return status && share ? [{ status, share }] : [];
  });
  const server = await startMessagesServer({
    port: Number(values.port),
    latencyMs: [least, most],
    seed: Number(values.seed),
    respond: (request) => {
      let drawn = random();
      for (const { status, share } of faults) {
        if (drawn < share) return { fault: 'status', status };
        drawn -= share;
      }
      return answer(request);
    },
  });
  process.stdout.write(`${server.url}\n`);
  const stop = () => void server.close();
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

if (import.meta.main) await main();
