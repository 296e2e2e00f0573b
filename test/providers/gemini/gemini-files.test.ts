import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { createSilentLog } from '../../../src/base/log.ts';
import { createGeminiProvider } from '../../../src/providers/gemini/gemini-provider.ts';
import type { Provider } from '../../../src/providers/provider.ts';
import { requestOf } from '../../contracts/provider.ts';
import { mediumOf, mp4Of } from '../../support/media.ts';

let server: Server | undefined;
let provider: Provider | undefined;
afterEach(async () => {
  await provider?.close();
  server?.closeAllConnections();
  server?.close();
});

/** Gemini's Files API and `generateContent`, as far as a medium needs them. */
async function startFiles() {
  const seen: { path: string; bytes: number; body: string }[] = [];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const path = (request.url ?? '').replace(/^\/(upload\/)?v1(beta)?/, '').replace(/\?.*/, '');
      const isBytes = request.url?.startsWith('/bytes') === true;
      seen.push({ path, bytes: body.length, body: isBytes ? '' : body.toString() });
      const json = (value: unknown, headers: Record<string, string> = {}) =>
        response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
      if (path.endsWith(':generateContent')) {
        const content = { role: 'model', parts: [{ text: 'A film.' }] };
        json({ candidates: [{ content, finishReason: 'STOP' }], usageMetadata: { promptTokenCount: 9 } });
      } else if (isBytes) {
        const file = { name: 'files/a', uri: 'https://files.example/a', mimeType: 'video/mp4', state: 'PROCESSING' };
        const isLast = String(request.headers['x-goog-upload-command']).includes('finalize');
        json(isLast ? { file } : {}, { 'x-goog-upload-status': isLast ? 'final' : 'active' });
      } else if (path === '/files') json({}, { 'x-goog-upload-url': `${url}/bytes` });
      else json({ name: 'files/a', uri: 'https://files.example/a', mimeType: 'video/mp4', state: 'ACTIVE' });
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, seen };
}

it('uploads media above the inline limit once, waits until they are ready, and names their address', async () => {
  const { url, seen } = await startFiles();
  provider = createGeminiProvider({ apiKey: 'key-1', baseUrl: url, log: createSilentLog() });
  const film = mediumOf('video', 'video/mp4', mp4Of(10_600_000));
  const request = requestOf('gemini-3-flash', { messages: [{ role: 'user', content: [film] }], tools: [] });
  const { signal } = new AbortController();
  await provider.respond(request, { signal });
  await provider.respond(request, { signal });
  // The SDK sends 8 MiB at a time.
  expect(seen.map(({ path }) => path)).toEqual([
    '/files',
    '/bytes',
    '/bytes',
    '/files/a',
    '/models/gemini-3-flash:generateContent',
    '/models/gemini-3-flash:generateContent',
  ]);
  expect((seen[1]?.bytes ?? 0) + (seen[2]?.bytes ?? 0)).toBe(10_600_000);
  expect(JSON.parse(seen[4]?.body ?? '')).toMatchObject({
    contents: [{ role: 'user', parts: [{ fileData: { mimeType: 'video/mp4', fileUri: 'https://files.example/a' } }] }],
  });
});
