import createFetchClient, { type Client } from 'openapi-fetch';
import type { components, paths } from './api.ts';

/** Where a server is, and the key for it. */
export interface ClientOptions {
  /** The address of the server, such as `https://rowmill.example.com`. */
  url: string;
  /** A key of the server; a server on loopback may need none. */
  apiKey?: string | undefined;
  /** Sends the requests; default the global `fetch`. */
  fetch?: (request: Request) => Promise<Response>;
}

/** A typed client: one function for each method, such as `client.GET('/v1/batches/{id}', { params })`. */
export type RowmillClient = Client<paths>;

/** The schemas of the REST interface by name, such as `Schemas['Batch']`. */
export type Schemas = components['schemas'];

/**
 * Makes a client of a server.
 * @throws TypeError for an address that is no HTTP URL, or plain HTTP beyond loopback: a key would be readable on the way
 */
export function createClient({ url, apiKey, fetch }: ClientOptions): RowmillClient {
  return createFetchClient<paths>({
    baseUrl: serverUrl(url),
    ...(apiKey !== undefined && { headers: { authorization: `Bearer ${apiKey}` } }),
    ...(fetch !== undefined && { fetch }),
    // A redirected request would take the key along.
    redirect: 'error',
  });
}

/** An event of a stream of the server. */
export interface StreamEvent {
  event: string;
  id: string | undefined;
  /** JSON. */
  data: string;
}

/** The events of a stream, such as the body of `GET /v1/batches/{id}/events` with `parseAs: 'stream'`. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent> {
  const decoder = new TextDecoder();
  // Not every browser can iterate over a stream.
  const reader = body.getReader();
  let text = '';
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      text += decoder.decode(read.value, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const event = eventOf(block);
        if (event !== undefined) yield event;
      }
    }
  } finally {
    await reader.cancel();
  }
}

/** The event of a block of lines; undefined for a comment. */
function eventOf(block: string): StreamEvent | undefined {
  const fields = new Map<string, string[]>();
  for (const line of block.split('\n')) {
    const [, name, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) fields.set(name, [...(fields.get(name) ?? []), value]);
  }
  const data = fields.get('data');
  if (data === undefined) return undefined;
  return { event: fields.get('event')?.[0] ?? 'message', id: fields.get('id')?.[0], data: data.join('\n') };
}

function serverUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.search !== '' || url.hash !== '') {
    throw new TypeError(`"${text}" is not the address of a server: write https://HOST[:PORT].`);
  }
  if (url.protocol === 'http:' && !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname)) {
    throw new TypeError(`${url.origin} is not encrypted: anyone on the way could read the key. Use https://.`);
  }
  return url.href.replace(/\/$/, '');
}
