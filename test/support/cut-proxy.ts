import { connect, createServer, type Socket } from 'node:net';

/** A TCP proxy whose connections can be cut, without a sign to either end, as a network that is parted does, or with one. */
export interface CutProxy {
  port: number;
  /** From now on nothing goes through, and nothing is closed. */
  cut(): void;
  /** Resets every connection, and every new one until it heals, as a network that is gone does. */
  reset(): void;
  /** What was held back goes through. */
  heal(): void;
  close(): void;
}

/** Starts a proxy to a port of the loopback address. */
export async function startCutProxy(target: number): Promise<CutProxy> {
  const sockets = new Set<Socket>();
  let isCut = false;
  let isGone = false;
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
    if (isGone) {
      client.on('error', () => undefined).resetAndDestroy();
      return;
    }
    const service = connect(target, '127.0.0.1');
    join(client, service);
    join(service, client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    cut() {
      isCut = true;
      for (const socket of sockets) socket.pause();
    },
    reset() {
      isGone = true;
      for (const socket of sockets) socket.resetAndDestroy();
    },
    heal() {
      isCut = false;
      isGone = false;
      for (const socket of sockets) socket.resume();
    },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
