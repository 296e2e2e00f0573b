import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readConfig } from '../../src/app/config.ts';
import { createSilentLog } from '../../src/base/log.ts';
import { createProviders } from '../../src/providers/open-providers.ts';
import { requestOf } from '../contracts/provider.ts';

let proxy: Server;
let asked: string[];

beforeEach(async () => {
  asked = [];
  proxy = createServer((request, response) => {
    asked.push(new URL(request.url ?? '').host);
    response.writeHead(403, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  proxy.closeAllConnections();
  await new Promise((resolve) => proxy.close(resolve));
});

test.for([
  ['anthropic', { ANTHROPIC_API_KEY: 'key', ANTHROPIC_BASE_URL: 'http://models.invalid' }],
  ['openai', { OPENAI_API_KEY: 'key', OPENAI_BASE_URL: 'http://models.invalid/v1' }],
  ['gemini', { GEMINI_API_KEY: 'key', GOOGLE_GEMINI_BASE_URL: 'http://models.invalid' }],
  ['openai-compatible', {}],
  ['bedrock', { AWS_ENDPOINT_URL_BEDROCK_RUNTIME: 'http://models.invalid', AWS_BEARER_TOKEN_BEDROCK: 'token' }],
] as const)('%s is called through the proxy of the environment', async ([name, env]) => {
  const http_proxy = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const before = process.env['AWS_BEARER_TOKEN_BEDROCK'];
  process.env['AWS_BEARER_TOKEN_BEDROCK'] = 'token';
  const providers = createProviders({
    ...readConfig({ ...env, http_proxy }, import.meta.dirname).providers,
    log: createSilentLog(),
  });
  try {
    const provider = await providers.get(name, { provider: name, model: 'plum', base_url: 'http://models.invalid/v1' });
    const { signal } = new AbortController();
    await expect(provider.respond(requestOf('plum'), { signal })).rejects.toMatchObject({
      code: 'model_permission_denied',
    });
    expect(asked).toEqual(['models.invalid']);
  } finally {
    if (before === undefined) delete process.env['AWS_BEARER_TOKEN_BEDROCK'];
    await providers.close();
  }
});
