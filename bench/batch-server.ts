import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * `node bench/batch-server.ts`: the batch APIs of Anthropic and OpenAI up to the creation of provider jobs, and their
 * real-time calls. Uploads are counted and discarded; provider jobs never end. Prints its URL.
 */
const ANSWER = { provider: 'Ambleford Fibre', download_mbps: 67.5, upload_mbps: 12.25, available: true };
const INPUT = JSON.stringify(ANSWER);

/** Names in a request that asks for the answer as the format of the text. */
const FORMATS = ['"output_config"', '"json_schema"'];

let jobs = 0;

const server = createServer((request, response) => {
  // A real-time request is short and comes in one piece; uploads are discarded piece by piece.
  let isText = false;
  request.on('data', (piece: Buffer) => {
    const isWhole = request.headers['content-length'] === String(piece.length);
    isText ||= isWhole && FORMATS.some((name) => piece.includes(name));
  });
  request.on('end', () => answer(request, response, isText));
});

function answer({ url = '' }: IncomingMessage, response: ServerResponse, isText: boolean): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(bodyOf(url, isText)));
}

/** @param isText whether the answer is asked for as the format of the text */
function bodyOf(url: string, isText: boolean): unknown {
  const usage = { input_tokens: 742, output_tokens: 88 };
  if (url.startsWith('/v1/messages/batches')) {
    const counts = { processing: 1, succeeded: 0, errored: 0, canceled: 0, expired: 0 };
    jobs += 1;
    return { id: `msgbatch_${jobs}`, processing_status: 'in_progress', request_counts: counts };
  }
  if (url.startsWith('/v1/files')) return { id: 'file_1', object: 'file' };
  if (url.startsWith('/v1/batches')) {
    jobs += 1;
    return { id: `batch_${jobs}`, object: 'batch', status: 'in_progress' };
  }
  if (url.startsWith('/v1/responses')) {
    const call = {
      type: 'function_call',
      id: 'fc_1',
      call_id: 'call_1',
      name: 'return_structured_data',
      arguments: INPUT,
    };
    const text = { type: 'message', id: 'msg_1', role: 'assistant', content: [{ type: 'output_text', text: INPUT }] };
    const output = [isText ? text : call];
    return { id: 'resp_1', object: 'response', status: 'completed', model: 'gpt-5.1', output, usage };
  }
  const call = { type: 'tool_use', id: 'toolu_1', name: 'return_structured_data', input: ANSWER };
  const content = [isText ? { type: 'text', text: INPUT } : call];
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-haiku-5-5', content, usage };
  return { ...message, stop_reason: isText ? 'end_turn' : 'tool_use', stop_sequence: null };
}

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`http://127.0.0.1:${port}\n`);
});
process.once('SIGTERM', () => process.exit(0));
