import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that refuses every request and keeps the size of its body. */
export interface BodyServer {
  url: string;
  /** The bytes of the one body that was sent while `send` ran, which may fail. */
  bytesOf(send: () => Promise<unknown>): Promise<number>;
  close(): void;
}

/** Starts a {@link BodyServer} on the loopback address. */
export async function startBodyServer(): Promise<BodyServer> {
  let bodies: number[] = [];
  const server = createServer((request, response) => {
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    request.on('end', () => {
      bodies.push(bytes);
      // Not a refusal of the form, after which a client would send another one.
      response.writeHead(401, { 'content-type': 'application/json' }).end('{"message": "counted", "error": {}}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async bytesOf(send) {
      bodies = [];
      await send().catch(() => undefined);
      const [only, ...more] = bodies;
      if (only === undefined || more.length > 0) throw new Error(`${bodies.length} bodies were sent, and not one`);
      return only;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
