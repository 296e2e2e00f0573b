import type { Agent, IncomingMessage } from 'node:http';
import type { LookupFunction } from 'node:net';
import { Readable } from 'node:stream';
import { createPublicLookup } from '../../base/addresses/public-address.ts';
import { httpModule } from '../../base/process/http-module.ts';

/** Names that only a private network resolves: who writes them means it. */
const PRIVATE_NAME = /^localhost$|^[^.]+$|\.(?:localhost|local|localdomain|internal|intranet|lan|corp|home\.arpa)\.?$/i;

/** Whether a host of an agent's own URL names a private place itself: an address, a name without dots, `x.internal`. */
export function namesPrivatePlace(hostname: string): boolean {
  return /^\[|^[\d.]+$/.test(hostname) || PRIVATE_NAME.test(hostname);
}

/**
 * A `fetch` that connects to public addresses alone; the address is checked where the socket gets it, so that no name can
 * lead elsewhere. It follows no redirect.
 */
export function createPublicFetch(lookup?: LookupFunction): typeof globalThis.fetch {
  const options = { keepAlive: true, lookup: createPublicLookup(lookup) };
  const agents = new Map<string, Agent>();
  return async (input, init = {}) => {
    const url = new URL(String(input));
    const { Agent, request: send } = httpModule(url.protocol);
    const agent = agents.get(url.protocol) ?? new Agent(options);
    agents.set(url.protocol, agent);
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = send(
        url,
        {
          method: init.method ?? 'GET',
          headers: Object.fromEntries(new Headers(init.headers)),
          agent,
          ...(init.signal ? { signal: init.signal } : {}),
        },
        resolve,
      );
      request.on('error', (fault) => reject(init.signal?.aborted === true ? init.signal.reason : fault));
      request.end(init.body ?? undefined);
    });
    const { statusCode: status = 502, statusMessage: statusText = '' } = answer;
    const headers = Object.entries(answer.headersDistinct).flatMap(([name, values = []]) =>
      values.map((value): [string, string] => [name, value]),
    );
    const isEmpty = [204, 205, 304].includes(status);
    if (isEmpty) answer.resume();
    return new Response(isEmpty ? null : (Readable.toWeb(answer) as ReadableStream), { status, statusText, headers });
  };
}
