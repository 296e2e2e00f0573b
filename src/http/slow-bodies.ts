import type { IncomingMessage, Server } from 'node:http';

/** How long a body may stay below {@link LEAST_BYTES_PER_SECOND}. */
const PERIOD_MS = 30_000;
/** A slower client is gone or means to hold the server's memory; the slowest lines of today are ten times as fast. */
const LEAST_BYTES_PER_SECOND = 1024;

/** Closes connections whose request bodies arrive too slowly, so that they can't keep the room of other bodies. */
export function refuseSlowBodies(server: Server, periodMs = PERIOD_MS): void {
  const leastBytes = (LEAST_BYTES_PER_SECOND * periodMs) / 1000;
  server.on('request', (request: IncomingMessage) => {
    const { socket } = request;
    let bytes = socket.bytesRead;
    const check = setInterval(() => {
      if (request.complete || socket.bytesRead - bytes >= leastBytes) bytes = socket.bytesRead;
      else request.destroy();
      if (request.complete) clearInterval(check);
    }, periodMs);
    check.unref();
    request.once('close', () => clearInterval(check));
  });
}
