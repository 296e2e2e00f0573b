import type { Readable, Writable } from 'node:stream';
import { isJSONRPCRequest, isJSONRPCResponse, type JSONRPCMessage, type Transport } from '@modelcontextprotocol/server';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { exactCallOf } from './exact-arguments.ts';
import { createLineLimit } from './line-limit.ts';

/** How long answers may still take after stdin has ended, in milliseconds. */
const GRACE_MS = 3_000;

/** A stdio transport that answers the requests that came before its input ended. */
export interface DrainingTransport extends Transport {
  /** Resolves once the connection is closed. */
  closed: Promise<void>;
}

/**
 * The SDK's stdio transport drops requests in flight as soon as stdin ends, as after `printf … | rowmill mcp`. This
 * transport delays the end of the input until those requests are answered, or the grace time is over.
 */
export function createDrainingTransport(streams: { stdin: Readable; stdout: Writable }): DrainingTransport {
  // The SDK's own buffer has no limit.
  const tooLong = () => {
    const message = 'A message is longer than 4 MiB and was dropped. Send less at a time.';
    streams.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id: null, error: { code: -32600, message } })}\n`);
  };
  /** Arguments of calls that the SDK has not read yet, by their ids: it rounds long whole numbers. */
  const exact = new Map<string | number, unknown>();
  const onLine = (line: Buffer) => {
    const call = exactCallOf(line.toString());
    if (call !== undefined) exact.set(call.id, call.args);
  };
  const input = createLineLimit(tooLong, { onLine });
  const wire = new StdioServerTransport(input, streams.stdout);
  const open = new Set<string | number>();
  let ended = false;
  let timer: NodeJS.Timeout | undefined;
  let markClosed: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => {
    markClosed = resolve;
  });

  const endInput = () => {
    clearTimeout(timer);
    if (!input.writableEnded) input.end();
  };
  const endWhenAnswered = () => {
    if (ended && open.size === 0) endInput();
  };
  const inputEnded = () => {
    if (ended) return;
    ended = true;
    timer = setTimeout(endInput, GRACE_MS);
    // The last request is read in a later turn of the event loop; only then is it in `open`.
    setImmediate(() => setImmediate(endWhenAnswered));
  };

  const transport: DrainingTransport = {
    closed,
    async start() {
      wire.onmessage = (message: JSONRPCMessage) => {
        if (isJSONRPCRequest(message)) open.add(message.id);
        if ('method' in message && message.method === 'notifications/cancelled') settleCancelled(message);
        transport.onmessage?.(withExactArguments(message));
        endWhenAnswered();
      };
      wire.onerror = (error: Error) => transport.onerror?.(error);
      wire.onclose = () => {
        clearTimeout(timer);
        transport.onclose?.();
        markClosed();
      };
      await wire.start();
      streams.stdin.pipe(input, { end: false });
      streams.stdin.on('end', inputEnded).on('close', inputEnded).on('error', inputEnded);
      if (streams.stdin.readableEnded || streams.stdin.destroyed) inputEnded();
    },
    async send(message) {
      try {
        await wire.send(message);
      } finally {
        if (isJSONRPCResponse(message) && message.id !== undefined) open.delete(message.id);
        endWhenAnswered();
      }
    },
    async close() {
      streams.stdin.unpipe(input);
      streams.stdin.pause();
      await wire.close();
    },
  };

  function withExactArguments(message: JSONRPCMessage): JSONRPCMessage {
    if (!isJSONRPCRequest(message) || !exact.has(message.id)) return message;
    const args = exact.get(message.id);
    exact.delete(message.id);
    return { ...message, params: { ...message.params, arguments: args } };
  }

  function settleCancelled(message: JSONRPCMessage): void {
    const id = 'params' in message ? message.params?.['requestId'] : undefined;
    if (typeof id === 'string' || typeof id === 'number') open.delete(id);
  }

  return transport;
}
