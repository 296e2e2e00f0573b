import { connect, createServer, type Socket } from 'node:net';

/** A TCP proxy whose connections can be cut without a sign to either end, as a network that is parted does. */
export interface CutProxy {
  port: number;
  /** From now on nothing goes through, and nothing is closed. */
  cut(): void;
  /** What was held back goes through. */
  heal(): void;
  close(): void;
}

/** Starts a proxy to a port of the loopback address. */
export async function startCutProxy(target: number): Promise<CutProxy> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const join = (from: Socket, to: Socket) => {
    sockets.add(from);
    from.on('data', (data) => {
      to.write(data);
    });
    from.on('error', () => to.destroy());
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
    if (isCut) from.pause();
  };
  const server = createServer((client) => {
    const redis = connect(target, '127.0.0.1');
    join(client, redis);
    join(redis, client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    cut() {
      isCut = true;
      for (const socket of sockets) socket.pause();
    },
    heal() {
      isCut = false;
      for (const socket of sockets) socket.resume();
    },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
