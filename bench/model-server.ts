import { createServer, type Socket } from 'node:net';
import { createFaultMix, type Fault } from './fault-mix.ts';

/**
 * `node bench/model-server.ts`: a Messages server that needs very little processor time (about 20 µs a call), so that the
 * client is measured even on a small machine. Prints its URL. The path sets its behaviour: a client with the base URL
 * `URL/50/3` is answered after 50 ms each time, and gets its data at the third call of a conversation. With `URL/50/1/7-a`
 * faults come by chance, in the order that seed 7 gives to client `a`; `URL/50/1/7-b` has the same order for itself.
 * `GET /stats` gives the number of calls answered.
 */
const ANSWER = { provider: 'Ambleford Fibre', download_mbps: 67.5, upload_mbps: 12.25, available: true };
const LOOKUP = { address: '12 High Street', postcode: 'AB1 2CD' };
const ASSISTANT = Buffer.from('"role":"assistant"');
/** Stands in a request that asks for the answer as the format of the text. */
const FORMAT = Buffer.from('"output_config"');
const HEAD_END = Buffer.from('\r\n\r\n');

let answered = 0;
const mixes = new Map<string, () => Fault | undefined>();

const server = createServer((socket) => {
  socket.setNoDelay(true);
  let pending: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    for (let taken = takeRequest(pending); taken !== undefined; taken = takeRequest(pending)) {
      pending = pending.subarray(taken.size);
      reply(socket, taken);
    }
  });
  // A client that is stopped in the middle of a call resets its connections.
  socket.on('error', () => socket.destroy());
});

interface TakenRequest {
  size: number;
  path: string;
  body: Buffer;
}

function takeRequest(pending: Buffer): TakenRequest | undefined {
  const headEnd = pending.indexOf(HEAD_END);
  if (headEnd < 0) return undefined;
  const head = pending.toString('latin1', 0, headEnd);
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
  const size = headEnd + HEAD_END.length + length;
  if (pending.length < size) return undefined;
  return { size, path: head.split(' ', 2)[1] ?? '/', body: pending.subarray(headEnd + HEAD_END.length, size) };
}

function reply(socket: Socket, { path, body }: TakenRequest): void {
  if (path === '/stats') {
    socket.write(response(JSON.stringify({ answered }), 0));
    return;
  }
  if (path.endsWith('/count_tokens')) {
    socket.write(response(JSON.stringify({ input_tokens: 742 }), 0));
    return;
  }
  const [, latencyMs, turns, mix] = path.split('/');
  const fault = mix?.includes('-') ? mixOf(mix)() : undefined;
  const isText = body.includes(FORMAT);
  const isLast = turnOf(body) >= Number(turns ?? 1);
  const text = fault === undefined ? message({ isLast, isText }) : faulty(fault, isText);
  const send = () => {
    answered += 1;
    if (fault?.kind === 'reset') socket.resetAndDestroy();
    else if (!socket.destroyed) socket.write(response(text, answered, fault));
  };
  if (Number(latencyMs)) setTimeout(send, Number(latencyMs));
  else send();
}

function mixOf(name: string): () => Fault | undefined {
  const mix = mixes.get(name) ?? createFaultMix(Number.parseInt(name, 10));
  mixes.set(name, mix);
  return mix;
}

/** A slip by chance has other words each time, as it has with a real model. */
function faulty(fault: Fault, isText: boolean): string {
  if (fault.kind === 'wrong-type')
    return message({ isLast: true, isText, answer: { ...ANSWER, download_mbps: `fast (${messages})` } });
  if (fault.kind === 'text') return message({ isLast: true, isText, answer: null });
  return JSON.stringify({ type: 'error', error: { type: 'api_error', message: 'By chance.' } });
}

/** The number of this call in its conversation, from 1. */
function turnOf(body: Buffer): number {
  let turn = 1;
  for (let at = body.indexOf(ASSISTANT); at >= 0; at = body.indexOf(ASSISTANT, at + 1)) turn += 1;
  return turn;
}

let messages = 0;

interface Said {
  isLast: boolean;
  /** Whether the answer is the text. */
  isText: boolean;
  /** null: words alone. */
  answer?: object | null;
}

function message({ isLast, isText, answer = ANSWER }: Said): string {
  messages += 1;
  const [name, input] = isLast ? ['return_structured_data', answer] : ['lookup_broadband', LOOKUP];
  const lastWords = `The exchange is known, so here is what it offers${answer === null ? ` (${messages})` : ''}.`;
  const words = isLast ? lastWords : 'I look the address up.';
  const isCall = input !== null && !(isLast && isText);
  return JSON.stringify({
    id: `msg_bench_${messages}`,
    type: 'message',
    role: 'assistant',
    model: 'claude-haiku-5-5',
    content: [
      { type: 'text', text: isCall || input === null ? words : JSON.stringify(input) },
      ...(isCall ? [{ type: 'tool_use', id: `toolu_bench_${messages}`, name, input }] : []),
    ],
    stop_reason: isCall ? 'tool_use' : 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 742, output_tokens: 88, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 },
  });
}

function response(text: string, number: number, fault?: Fault): string {
  const status = fault?.kind === 'status' ? fault.line : '200 OK';
  const head = `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\nrequest-id: req_bench_${number}\r\n`;
  return `${head}content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
}

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) process.stdout.write(`http://127.0.0.1:${address.port}\n`);
});
process.once('SIGTERM', () => process.exit(0));
