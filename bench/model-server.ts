import { createServer, type Socket } from 'node:net';

/**
 * `node bench/model-server.ts`: a Messages server that needs very little processor time (about 20 µs a call), so that the
 * client is measured even on a small machine. Prints its URL. The path sets its behaviour: a client with the base URL
 * `URL/50/3` is answered after 50 ms each time, and gets its data at the third call of a conversation.
 * `GET /stats` gives the number of calls answered.
 */
const ANSWER = { provider: 'Ambleford Fibre', download_mbps: 67.5, upload_mbps: 12.25, available: true };
const LOOKUP = { address: '12 High Street', postcode: 'AB1 2CD' };
const ASSISTANT = Buffer.from('"role":"assistant"');
const HEAD_END = Buffer.from('\r\n\r\n');

let answered = 0;

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
  const [, latencyMs, turns] = path.split('/').map(Number);
  const text = message(turnOf(body) >= (turns ?? 1));
  const send = () => {
    answered += 1;
    if (!socket.destroyed) socket.write(response(text, answered));
  };
  if (latencyMs) setTimeout(send, latencyMs);
  else send();
}

/** The number of this call in its conversation, from 1. */
function turnOf(body: Buffer): number {
  let turn = 1;
  for (let at = body.indexOf(ASSISTANT); at >= 0; at = body.indexOf(ASSISTANT, at + 1)) turn += 1;
  return turn;
}

let messages = 0;

function message(isLast: boolean): string {
  messages += 1;
  const [name, input] = isLast ? ['return_structured_data', ANSWER] : ['lookup_broadband', LOOKUP];
  return JSON.stringify({
    id: `msg_bench_${messages}`,
    type: 'message',
    role: 'assistant',
    model: 'claude-haiku-5-5',
    content: [
      { type: 'text', text: isLast ? 'The exchange is known, so here is what it offers.' : 'I look the address up.' },
      { type: 'tool_use', id: `toolu_bench_${messages}`, name, input },
    ],
    stop_reason: 'tool_use',
    stop_sequence: null,
    usage: { input_tokens: 742, output_tokens: 88, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 },
  });
}

function response(text: string, number: number): string {
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nrequest-id: req_bench_${number}\r\n`;
  return `${head}content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
}

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) process.stdout.write(`http://127.0.0.1:${address.port}\n`);
});
process.once('SIGTERM', () => process.exit(0));
