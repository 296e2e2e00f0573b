import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type Document, Long } from 'mongodb';
import { type Command, createMemoryData } from './commands.ts';
import { CommandFault, faultReply } from './fault.ts';
import { createFrameReader, type Frame, replyTo } from './frames.ts';

/** What kind of server it is, and what it refuses. */
export interface MemoryServerOptions {
  /** No replica set: it has no transactions. */
  isStandalone?: boolean;
  /**
   * Called before each command of a client, but the greetings of its driver. A document that it resolves to is the
   * answer, and the command is not carried out.
   */
  before?: (command: Command) => Document | undefined | Promise<Document | undefined>;
  /** Called after each command, before its answer is sent. */
  after?: (command: Command) => void | Promise<void>;
}

/** A server that speaks MongoDB's wire protocol. */
export interface MemoryServer {
  /** `mongodb://127.0.0.1:PORT`. */
  uri: string;
  close(): Promise<void>;
}

/**
 * Starts a server whose documents are in memory: for what a real one does rarely (refusals, a server without
 * transactions), and where the time of a client is measured and not that of its server. It has the commands that
 * Rowmill and its tests use, no change streams, and transactions that are never undone.
 */
export async function startMemoryServer(options: MemoryServerOptions = {}): Promise<MemoryServer> {
  const data = createMemoryData();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.setNoDelay());
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
    // One connection carries one command at a time.
    let last = Promise.resolve();
    const read = createFrameReader((frame) => {
      last = last.then(async () => {
        const reply = await answer(frame);
        if (frame.wantsReply && !socket.destroyed) socket.write(replyTo(frame, reply));
      });
    });
    socket.on('data', read);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function answer({ command: body }: Frame): Promise<Document> {
    const [name = ''] = Object.keys(body);
    if (/^(hello|ismaster)$/i.test(name)) return greeting(address, options);
    const named = name === 'getMore' ? body['collection'] : body[name];
    const command: Command = {
      ...{ name, db: String(body['$db']), body },
      collection: typeof named === 'string' ? named : '$cmd.aggregate',
    };
    try {
      const refusal = await options.before?.(command);
      if (refusal !== undefined) return refusal;
      checkKind(command, options);
      const reply = data.run(command);
      await options.after?.(command);
      return reply;
    } catch (thrown) {
      if (thrown instanceof CommandFault) return faultReply(thrown);
      return faultReply(new CommandFault(8, 'UnknownError', String(thrown)));
    }
  }
  return {
    uri: `mongodb://${address}`,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** @throws CommandFault for what the kind of server does not have, with the codes of a real one */
function checkKind({ body }: Command, { isStandalone = false }: MemoryServerOptions): void {
  if (isStandalone && body['txnNumber'] !== undefined) {
    const text = 'Transaction numbers are only allowed on a replica set member or mongos';
    throw new CommandFault(20, 'IllegalOperation', text);
  }
  if (body['pipeline']?.[0]?.$changeStream !== undefined) {
    throw new CommandFault(40_573, 'Location40573', 'The $changeStream stage is only supported on replica sets');
  }
}

/** What a driver is told of the server: version 8, with sessions. */
function greeting(address: string, { isStandalone = false }: MemoryServerOptions): Document {
  const set = { setName: 'memory', setVersion: 1, hosts: [address], me: address, primary: address, secondary: false };
  return {
    ...{ helloOk: true, ismaster: true, isWritablePrimary: true, ...(isStandalone ? {} : set) },
    ...{ maxBsonObjectSize: 16_777_216, maxMessageSizeBytes: 48_000_000, maxWriteBatchSize: 100_000 },
    ...{ localTime: new Date(), logicalSessionTimeoutMinutes: 30, connectionId: Long.fromNumber(1) },
    ...{ minWireVersion: 0, maxWireVersion: 25, readOnly: false, ok: 1 },
  };
}
