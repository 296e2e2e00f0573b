import { describe, expect, it } from 'vitest';
import { createClient, readEvents } from '../../src/client/client.ts';
import { createHttpApp } from '../../src/http/app.ts';
import { httpParts } from '../http/http-parts.ts';

describe('the client', () => {
  it('sends its key, and gives back a typed answer', async () => {
    const http = createHttpApp(httpParts({ apiKeys: ['secret'] }));
    const at = (apiKey?: string) =>
      createClient({ url: 'http://127.0.0.1:1', apiKey, fetch: async (request) => http.fetch(request) });
    const known = await at('secret').GET('/v1/keys');
    expect(known.data?.items.map(({ origin }) => origin)).toEqual(['environment']);
    const unknown = await at('wrong').GET('/v1/keys');
    expect(unknown.error).toMatchObject({ code: 'unauthorized' });
  });

  it.each([
    ['http://rowmill.example.com', 'is not encrypted'],
    ['http://10.0.0.7:8787', 'is not encrypted'],
    ['http://127.0.0.1.example.com', 'is not encrypted'],
    ['ftp://rowmill.example.com', 'is not the address of a server'],
    ['https://name:word@rowmill.example.com', 'is not the address of a server'],
    ['rowmill', 'is not the address of a server'],
  ])('refuses %s', (url, why) => {
    expect(() => createClient({ url, apiKey: 'secret' })).toThrow(why);
  });

  it.each(['http://localhost:8787', 'http://127.0.0.1:8787/', 'http://[::1]:8787', 'https://rowmill.example.com'])(
    'takes %s',
    (url) => {
      expect(() => createClient({ url })).not.toThrow();
    },
  );

  it('reads events whose bytes are cut anywhere, without comments', async () => {
    const bytes = new TextEncoder().encode('event: a\nid: 1\ndata: é\ndata: 2\n\n: keep-alive\n\ndata: last\n\n');
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    expect(await Array.fromAsync(readEvents(body))).toEqual([
      { event: 'a', id: '1', data: 'é\n2' },
      { event: 'message', id: undefined, data: 'last' },
    ]);
  });
});
