import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { createSilentLog } from '../../src/base/log.ts';
import { createAnthropicProvider } from '../../src/providers/anthropic/anthropic-provider.ts';
import type { Provider } from '../../src/providers/provider.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** Anthropic's list of models, or what a gateway has in its place. */
async function providerAgainst(status: number, error: { type: string; message: string }): Promise<Provider> {
  const server = createServer((_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(status === 200 ? { id: 'm', type: 'model' } : { type: 'error', error }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const provider = createAnthropicProvider({
    apiKey: 'test-key',
    baseUrl: `http://127.0.0.1:${port}`,
    log: createSilentLog(),
  });
  closing.push(
    () => provider.close(),
    () => new Promise((resolve) => server.close(resolve).closeAllConnections()),
  );
  return provider;
}

it('refuses a model that Anthropic says it does not know', async () => {
  const provider = await providerAgainst(404, { type: 'not_found_error', message: 'model: claude-gone' });
  await expect(provider.checkModel?.('claude-gone')).rejects.toMatchObject({
    code: 'model_unknown',
    message: expect.stringContaining('claude-gone'),
  });
});

it.each([
  [404, 'not_found_error', 'no route GET /v1/models/claude-gone'],
  [500, 'api_error', 'model: claude-gone'],
  [200, '', ''],
])('leaves an answer %s %s (%s) to the first call', async (status, type, message) => {
  const provider = await providerAgainst(status, { type, message });
  await expect(provider.checkModel?.('claude-gone')).resolves.toBeUndefined();
});
