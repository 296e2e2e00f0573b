import { type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { problemOf } from './problem.ts';

/** What is wrong with a request that Node itself refuses, by the code of its error. */
const FAULTS: { [code: string]: [status: number, detail: string] } = {
  HPE_HEADER_OVERFLOW: [431, 'The address and the headers of the request are too long. Send fewer or shorter ones.'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'The extensions of a chunk of the body are too long. Send none.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not arrive in time. Send it again.'],
};
const MALFORMED: [number, string] = [400, 'The request is not valid HTTP.'];

/** Answers requests that never reach a route because Node can't read them, with a problem as every other fault. */
export function refuseMalformed(server: Server): void {
  server.on('clientError', (fault: NodeJS.ErrnoException, socket: Socket) => {
    // After a byte of another answer, a second status line would be read as a part of it.
    if (fault.code === 'ECONNRESET' || !socket.writable || isAnswering(socket)) {
      socket.destroy(fault);
      return;
    }
    const [status, detail] = FAULTS[fault.code ?? ''] ?? MALFORMED;
    const body = JSON.stringify(problemOf({ code: 'invalid_arguments', message: detail }, status));
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'Content-Type: application/problem+json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
    ];
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  });
}

/** Whether an answer has begun on the connection; Node keeps it there, as its own handler of this event does. */
function isAnswering(socket: Socket & { _httpMessage?: { headersSent: boolean } | null }): boolean {
  return socket._httpMessage?.headersSent === true;
}
