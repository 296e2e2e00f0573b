import { afterEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/app/config.ts';
import { createSilentLog } from '../../src/base/log.ts';
import { createProviders, type Providers } from '../../src/providers/open-providers.ts';
import type { ModelSource } from '../../src/providers/provider.ts';
import { HELLO, requestOf } from '../contracts/provider.ts';
import { bedrockFormat } from '../support/providers/bedrock-format.ts';
import { chatFormat } from '../support/providers/chat-format.ts';
import { geminiFormat } from '../support/providers/gemini-format.ts';
import { responsesFormat } from '../support/providers/responses-format.ts';
import { startWireServer, type WireFormat, type WireServer } from '../support/providers/wire-server.ts';

let server: WireServer | undefined;
let providers: Providers | undefined;
afterEach(async () => {
  await providers?.close();
  await server?.close();
});

async function open(format: WireFormat, envOf: (url: string) => Record<string, string>): Promise<Providers> {
  server = await startWireServer({ format, respond: () => HELLO });
  providers = createProviders({
    ...readConfig(envOf(server.url), import.meta.dirname).providers,
    log: createSilentLog(),
  });
  return providers;
}

const { signal } = new AbortController();

describe('the environment', () => {
  it.each<[string, WireFormat, (url: string) => Record<string, string>, string, string]>([
    [
      'openai',
      responsesFormat,
      (url) => ({ OPENAI_API_KEY: 'key-1', OPENAI_BASE_URL: `${url}/v1` }),
      'authorization',
      'Bearer key-1',
    ],
    [
      'gemini',
      geminiFormat,
      (url) => ({ GEMINI_API_KEY: 'key-1', GOOGLE_GEMINI_BASE_URL: url }),
      'x-goog-api-key',
      'key-1',
    ],
    ['gemini', geminiFormat, (url) => ({ GOOGLE_API_KEY: 'k2', GOOGLE_GEMINI_BASE_URL: url }), 'x-goog-api-key', 'k2'],
  ])('decides where %s is called, and with which key', async (name, format, envOf, header, value) => {
    const provider = await (await open(format, envOf)).get(name);
    await provider.respond(requestOf('a-model'), { signal });
    expect(server?.requests[0]?.headers[header]).toBe(value);
    expect(provider.name).toBe(name);
  });

  it('decides where Bedrock is called; the agent may name another region', async () => {
    const all = await open(bedrockFormat, (url) => ({
      AWS_REGION: 'eu-west-1',
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: url,
    }));
    const before = { id: process.env['AWS_ACCESS_KEY_ID'], secret: process.env['AWS_SECRET_ACCESS_KEY'] };
    process.env['AWS_ACCESS_KEY_ID'] = 'AKIATEST';
    process.env['AWS_SECRET_ACCESS_KEY'] = 'secret';
    try {
      const model = { provider: 'bedrock', model: 'amazon.nova-lite-v1:0' };
      await (await all.get('bedrock', model)).respond(requestOf(model.model), { signal });
      const elsewhere = await all.get('bedrock', { ...model, region: 'us-west-2' });
      await elsewhere.respond(requestOf(model.model), { signal });
    } finally {
      restore('AWS_ACCESS_KEY_ID', before.id);
      restore('AWS_SECRET_ACCESS_KEY', before.secret);
    }
    const scopes = server?.requests.map(({ headers }) => headers['authorization']?.split('/')[2]);
    expect(scopes).toEqual(['eu-west-1', 'us-west-2']);
  });

  it('holds the key that an agent names for a compatible server', async () => {
    const all = await open(chatFormat, () => ({ LOCAL_KEY: 'key-1' }));
    const model: ModelSource = {
      provider: 'openai-compatible',
      model: 'llama-4',
      base_url: `${server?.url}/v1`,
      api_key_env: 'LOCAL_KEY',
    };
    await (await all.get('openai-compatible', model)).respond(requestOf('llama-4'), { signal });
    expect(server?.requests[0]?.headers['authorization']).toBe('Bearer key-1');
  });
});

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}

describe('providers', () => {
  const all = createProviders({ ...readConfig({}, import.meta.dirname).providers, log: createSilentLog() });
  const compatible = (base_url: string): ModelSource => ({ provider: 'openai-compatible', model: 'llama-4', base_url });

  it('are made once for each server', async () => {
    const one = await all.get('openai-compatible', compatible('http://127.0.0.1:1/v1'));
    const other = await all.get('openai-compatible', compatible('http://127.0.0.1:2/v1'));
    expect(await all.get('openai-compatible', compatible('http://127.0.0.1:1/v1'))).toBe(one);
    expect([one.name, other.name]).toEqual(['openai-compatible', 'openai-compatible']);
    expect(one.server).not.toBe(other.server);
    expect(await all.get('openai', { provider: 'openai', model: 'a' })).toBe(await all.get('openai'));
  });

  it('are others for a profile of a model and for a model with that as its fallback', async () => {
    const [model, profile] = ['anthropic.claude-x', 'us.anthropic.claude-x'];
    const throughProfile = await all.get('bedrock', { provider: 'bedrock', model, inference_profile: profile });
    const withFallback = await all.get('bedrock', { provider: 'bedrock', model: profile, fallback: model });
    expect(withFallback).not.toBe(throughProfile);
  });

  it('say which there are, and what a compatible server has to be told', async () => {
    await expect(all.get('nobody')).rejects.toMatchObject({
      code: 'agents_invalid',
      message: expect.stringContaining('anthropic, openai, openai-compatible, bedrock, gemini'),
    });
    await expect(all.get('openai-compatible')).rejects.toMatchObject({
      code: 'agents_invalid',
      message: expect.stringContaining('base_url'),
    });
  });

  it.each([
    ['openai', 'OPENAI_API_KEY'],
    ['gemini', 'GEMINI_API_KEY'],
    ['anthropic', 'ANTHROPIC_API_KEY'],
  ])('without a key, as %s, name the variable before anything is sent', async (name, variable) => {
    const provider = await all.get(name);
    await expect(provider.respond(requestOf('a-model'), { signal })).rejects.toMatchObject({
      code: 'model_key_refused',
      message: expect.stringContaining(variable),
    });
  });
});

describe('the server of a provider', () => {
  const serverOf = async (env: Record<string, string>, model: ModelSource): Promise<string | undefined> =>
    (await openWith(env).get(model.provider, model)).server;
  const openWith = (env: Record<string, string>) => {
    providers = createProviders({ ...readConfig(env, import.meta.dirname).providers, log: createSilentLog() });
    return providers;
  };

  it.each([
    ['anthropic', 'ANTHROPIC_BASE_URL', 'https://api.anthropic.com/'],
    ['openai', 'OPENAI_BASE_URL', 'https://api.openai.com/v1'],
    ['gemini', 'GOOGLE_GEMINI_BASE_URL', 'https://generativelanguage.googleapis.com'],
  ])('is told for %s by its address where that is not its own', async (provider, variable, own) => {
    const model = { provider, model: 'a' };
    expect(await serverOf({}, model)).toBeUndefined();
    expect(await serverOf({ [variable]: own }, model)).toBeUndefined();
    const elsewhere = { [variable]: 'https://me:secret@models.invalid/v1/?key=secret' };
    expect(await serverOf(elsewhere, model)).toBe(`${provider} https://models.invalid/v1`);
  });

  it('is the region of Bedrock and its address, and what the agent says of a compatible server', async () => {
    const bedrock = { provider: 'bedrock', model: 'a', region: 'eu-west-1' };
    expect(await serverOf({}, bedrock)).toBe('bedrock eu-west-1');
    const endpoint = { AWS_ENDPOINT_URL_BEDROCK_RUNTIME: 'https://vpc.invalid' };
    expect(await serverOf(endpoint, bedrock)).toBe('bedrock eu-west-1 https://vpc.invalid');
    const compatible = { provider: 'openai-compatible', model: 'a', base_url: 'http://me:secret@models.invalid/v1' };
    expect(await serverOf({}, compatible)).toBe('openai-compatible http://models.invalid/v1');
  });

  it('is the same one behind a fallback', async () => {
    const model = { provider: 'openai', model: 'a', fallback: 'b' };
    expect(await serverOf({ OPENAI_BASE_URL: 'http://models.invalid' }, model)).toBe('openai http://models.invalid');
  });
});

describe('a batch API', () => {
  it.each<[ModelSource, string]>([
    [{ provider: 'anthropic', model: 'a' }, 'ANTHROPIC_API_KEY is not set'],
    [{ provider: 'openai', model: 'a' }, 'OPENAI_API_KEY is not set'],
    [{ provider: 'gemini', model: 'a' }, 'GEMINI_API_KEY is not set'],
    [
      { provider: 'bedrock', model: 'a' },
      'BEDROCK_BATCH_ROLE_ARN and BEDROCK_BATCH_INPUT_S3_PATH and BEDROCK_BATCH_OUTPUT_S3_PATH are not set',
    ],
    [
      { provider: 'openai-compatible', model: 'a', base_url: 'http://models.invalid' },
      'servers that are only compatible with OpenAI have no batch API',
    ],
    [{ provider: 'scripted', model: 'a' }, 'a script that stands in for a model has no batch API'],
    [{ provider: 'nobody', model: 'a' }, 'there is no provider "nobody"'],
  ])('is not there for %j, and the reason is given', async (model, reason) => {
    providers = createProviders({ ...readConfig({}, import.meta.dirname).providers, log: createSilentLog() });
    expect(await providers.batch(model)).toBe(reason);
  });

  it('is opened once for each model where its credentials are there', async () => {
    const { providers: parts } = readConfig({ OPENAI_API_KEY: 'key' }, import.meta.dirname);
    providers = createProviders({ ...parts, log: createSilentLog() });
    const api = await providers.batch({ provider: 'openai', model: 'a' });
    expect(api).toMatchObject({ name: 'openai', limits: { maxRequests: 50_000 } });
    expect(await providers.batch({ provider: 'openai', model: 'a' })).toBe(api);
  });
});
