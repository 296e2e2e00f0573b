import { afterEach, describe, expect, it } from 'vitest';
import { createSilentLog } from '../../../src/base/log.ts';
import type { AssistantBlock, ModelRequest } from '../../../src/protocol/messages.ts';
import { createBedrockProvider } from '../../../src/providers/bedrock/bedrock-provider.ts';
import type { Provider } from '../../../src/providers/provider.ts';
import { withFallback } from '../../../src/providers/shared/fallback.ts';
import { HELLO, requestOf } from '../../contracts/provider.ts';
import { bedrockFormat } from '../../support/providers/bedrock-format.ts';
import { startWireServer, type WireServer, type WireServerOptions } from '../../support/providers/wire-server.ts';

const MODEL = 'anthropic.claude-new-v1:0';
const OTHER = 'anthropic.claude-old-v1:0';
const credentials = { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' };
const INVALID = { fault: 'refused', kind: 'invalid', message: 'Malformed input request.' } as const;
const { signal } = new AbortController();

let server: WireServer;
let opened: Provider;
afterEach(async () => {
  await opened.close();
  await server.close();
});

async function open(respond: WireServerOptions['respond']): Promise<Provider> {
  server = await startWireServer({ format: bedrockFormat, respond });
  const log = createSilentLog();
  opened = createBedrockProvider({ region: 'us-east-1', endpoint: server.url, credentials, log });
  return withFallback(opened, { model: MODEL, fallback: OTHER, log });
}

const asked = () => server.requests.map(({ path }) => decodeURIComponent(path.split('/')[2] ?? ''));

/** What the transcript of a run is after an answer. */
function continued(request: ModelRequest, content: AssistantBlock[]): ModelRequest {
  const stored = JSON.parse(JSON.stringify(content)) as AssistantBlock[];
  const messages: ModelRequest['messages'] = [
    ...request.messages,
    { role: 'assistant', content: stored },
    { role: 'user', content: 'And now?' },
  ];
  return { ...request, messages };
}

describe('a model with a fallback', () => {
  const request = requestOf(MODEL);

  it('is given up when it refuses the first call as invalid, for the rest of the process', async () => {
    const provider = await open(({ model }) => (model === MODEL ? INVALID : HELLO));
    await expect(provider.respond(request, { signal })).rejects.toMatchObject({ retryable: true });
    expect(provider.route?.(request).model).toBe(OTHER);
    expect((await provider.respond(request, { signal })).model).toBe(OTHER);
    await provider.respond(request, { signal });
    expect(asked()).toEqual([MODEL, OTHER, OTHER]);
  });

  it('is not given up for one request that it does not take, once it has answered', async () => {
    const provider = await open((_request, { number }) => (number === 2 ? INVALID : HELLO));
    await provider.respond(request, { signal });
    await expect(provider.respond(request, { signal })).rejects.toMatchObject({
      code: 'model_request_invalid',
      retryable: false,
    });
    await provider.respond(request, { signal });
    expect(asked()).toEqual([MODEL, MODEL, MODEL]);
  });

  it('is given up after it has answered when the service says that it is no longer served', async () => {
    const message = 'The provided model identifier is invalid.';
    const names = (model: string) => model.replace(/^(us|global)\./, '');
    const provider = await open(({ model }, { number }) =>
      number > 1 && names(model) === MODEL ? { ...INVALID, message } : HELLO,
    );
    await provider.respond(request, { signal });
    await expect(provider.respond(request, { signal })).rejects.toMatchObject({ retryable: true });
    expect((await provider.respond(request, { signal })).model).toBe(OTHER);
    expect(asked()).toEqual([MODEL, MODEL, OTHER]);
  });

  it('is not given up for a prompt that is too long, nor for a rate limit', async () => {
    const message = 'Input is too long for requested model.';
    const provider = await open((_request, { number }) =>
      number === 1 ? { ...INVALID, message } : { fault: 'refused', kind: 'rate' },
    );
    for (const code of ['context_too_long', 'model_rate_limited']) {
      await expect(provider.respond(request, { signal })).rejects.toMatchObject({ code });
    }
    expect(provider.route?.(request).model).toBe(MODEL);
  });

  it('keeps a transcript that it began, whatever other transcripts do', async () => {
    let isDown = false;
    const provider = await open(({ model }) => (model === MODEL && isDown ? INVALID : HELLO));
    const { content } = await provider.respond(request, { signal });
    isDown = true;
    await expect(provider.respond(continued(request, content), { signal })).rejects.toMatchObject({ retryable: false });
    expect(asked()).toEqual([MODEL, MODEL]);
  });

  it('is not given up for a transcript that it began in another process, and keeps it once it is given up', async () => {
    const provider = await open(({ model }) => (model === MODEL ? INVALID : HELLO));
    const begun = continued(request, [{ type: 'text', text: 'Good day.' }]);
    await expect(provider.respond(begun, { signal })).rejects.toMatchObject({ retryable: false });
    expect(provider.route?.(request).model).toBe(MODEL);
    await provider.respond(request, { signal }).catch(() => undefined);
    expect(provider.route?.(request).model).toBe(OTHER);
    expect(provider.route?.(begun).model).toBe(MODEL);
    await expect(provider.respond(begun, { signal })).rejects.toMatchObject({ retryable: false });
    expect(asked()).toEqual([MODEL, MODEL, MODEL]);
  });

  it('leaves a transcript to the fallback that began it, in another process too, and sends it no marks', async () => {
    const first = await open(({ model }) => (model === MODEL ? INVALID : HELLO));
    await first.respond(request, { signal }).catch(() => undefined);
    const { content } = await first.respond(request, { signal });
    expect(content.at(-1)?.type).toBe('text');
    const log = createSilentLog();
    const another = withFallback(opened, { model: MODEL, fallback: OTHER, log });
    await another.respond(continued(request, content), { signal });
    expect(asked()).toEqual([MODEL, OTHER, OTHER]);
    expect(server.requests[2]?.body['messages']).toEqual([
      { role: 'user', content: [{ text: 'Hello' }] },
      { role: 'assistant', content: [{ text: 'Good day to you, whoever you are.' }] },
      { role: 'user', content: [{ text: 'And now?' }] },
    ]);
  });

  it('may have a fallback that is called through a profile, whose transcripts are marked as well', async () => {
    const notOnDemand = { ...INVALID, message: 'Invocation with on-demand throughput isn’t supported.' };
    const provider = await open(({ model }) => {
      if (model.startsWith('us.')) return HELLO;
      return model === MODEL ? { ...INVALID, kind: 'model' } : notOnDemand;
    });
    const isDone = async () =>
      provider.respond(provider.route?.(request) ?? request, { signal }).catch(() => undefined);
    expect(await isDone()).toBeUndefined();
    expect(asked()).toEqual([MODEL]);
    expect(provider.route?.(request).model).toBe(OTHER);
    expect(await isDone()).toBeUndefined();
    expect(provider.route?.(request).model).toBe(`us.${OTHER}`);
    const answer = await isDone();
    expect(answer?.model).toBe(`us.${OTHER}`);
    expect(answer?.content.map(({ type }) => type)).toEqual(['opaque', 'text']);
  });
});
