import { afterEach, expect, test } from 'vitest';
import { createSilentLog } from '../../src/base/log.ts';
import type { MediaBlock } from '../../src/protocol/media.ts';
import type { Message } from '../../src/protocol/messages.ts';
import { createAnthropicBatchApi } from '../../src/providers/anthropic/anthropic-batch.ts';
import { createAnthropicProvider } from '../../src/providers/anthropic/anthropic-provider.ts';
import { createBedrockProvider } from '../../src/providers/bedrock/bedrock-provider.ts';
import { createGeminiBatchApi } from '../../src/providers/gemini/gemini-batch.ts';
import { createGeminiProvider } from '../../src/providers/gemini/gemini-provider.ts';
import { createOpenAiBatchApi } from '../../src/providers/openai/openai-batch.ts';
import { createOpenAiProvider } from '../../src/providers/openai/openai-provider.ts';
import { createOpenAiCompatibleProvider } from '../../src/providers/openai-compatible/compatible-provider.ts';
import type { Provider } from '../../src/providers/provider.ts';
import type { BatchApi } from '../../src/providers/provider-jobs/batch-api.ts';
import { HELLO, requestOf } from '../contracts/provider.ts';
import { mediumOf, mp4Of, pdfOf, pngOf, wavOf } from '../support/media.ts';
import { bedrockFormat } from '../support/providers/bedrock-format.ts';
import { chatFormat } from '../support/providers/chat-format.ts';
import { geminiFormat } from '../support/providers/gemini-format.ts';
import { messagesFormat } from '../support/providers/messages-format.ts';
import { responsesFormat } from '../support/providers/responses-format.ts';
import { startWireServer, type WireFormat, type WireServer } from '../support/providers/wire-server.ts';

const log = createSilentLog();
const PNG = pngOf(4, 3);
const PDF = pdfOf(2);
const IMAGE = mediumOf('image', 'image/png', PNG);
const DOCUMENT = mediumOf('pdf', 'application/pdf', PDF);
const text = { type: 'text', text: 'Look.' } as const;

let server: WireServer | undefined;
let provider: Provider | undefined;
afterEach(async () => {
  await provider?.close();
  await server?.close();
});

/** The body of a request with media, as the official SDK sent it. */
async function sentBody(
  format: WireFormat,
  create: (url: string) => Provider,
  { model, media }: { model: string; media: readonly MediaBlock[] },
): Promise<Record<string, unknown>> {
  server = await startWireServer({ format, respond: () => HELLO });
  provider = create(server.url);
  const messages: Message[] = [{ role: 'user', content: [...media, text] }];
  await provider.respond(requestOf(model, { messages, tools: [] }), { signal: new AbortController().signal });
  return server.requests[0]?.body ?? {};
}

test('Anthropic gets images and PDFs as blocks before the text', async () => {
  const create = (baseUrl: string) => createAnthropicProvider({ apiKey: 'key-1', baseUrl, log });
  const body = await sentBody(messagesFormat, create, { model: 'claude-haiku-5-5', media: [IMAGE, DOCUMENT] });
  expect(body['messages']).toEqual([
    {
      role: 'user',
      content: [
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG.toString('base64') } },
        { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: PDF.toString('base64') } },
        { type: 'text', text: 'Look.' },
      ],
    },
  ]);
});

test('OpenAI gets images and files in one message with the text', async () => {
  const create = (url: string) => createOpenAiProvider({ apiKey: 'key-1', baseUrl: `${url}/v1`, log });
  const body = await sentBody(responsesFormat, create, { model: 'gpt-5.1', media: [IMAGE, DOCUMENT] });
  expect(body['input']).toEqual([
    {
      role: 'user',
      content: [
        { type: 'input_image', image_url: `data:image/png;base64,${PNG.toString('base64')}`, detail: 'auto' },
        {
          type: 'input_file',
          filename: 'photo.pdf',
          file_data: `data:application/pdf;base64,${PDF.toString('base64')}`,
        },
        { type: 'input_text', text: 'Look.' },
      ],
    },
  ]);
});

test('a compatible server gets images as image_url', async () => {
  const create = (url: string) => createOpenAiCompatibleProvider({ baseUrl: `${url}/v1`, log });
  const body = await sentBody(chatFormat, create, { model: 'llava', media: [IMAGE] });
  expect(body['messages']).toContainEqual({
    role: 'user',
    content: [
      { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG.toString('base64')}` } },
      { type: 'text', text: 'Look.' },
    ],
  });
});

test('Gemini gets all four kinds as inline data', async () => {
  const wav = wavOf(10);
  const mp4 = mp4Of(40);
  const media = [IMAGE, DOCUMENT, mediumOf('audio', 'audio/wav', wav), mediumOf('video', 'video/mp4', mp4)];
  const create = (baseUrl: string) => createGeminiProvider({ apiKey: 'key-1', baseUrl, log });
  const body = await sentBody(geminiFormat, create, { model: 'gemini-3-flash', media });
  expect(body['contents']).toEqual([
    {
      role: 'user',
      parts: [
        { inlineData: { mimeType: 'image/png', data: PNG.toString('base64') } },
        { inlineData: { mimeType: 'application/pdf', data: PDF.toString('base64') } },
        { inlineData: { mimeType: 'audio/wav', data: wav.toString('base64') } },
        { inlineData: { mimeType: 'video/mp4', data: mp4.toString('base64') } },
        { text: 'Look.' },
      ],
    },
  ]);
});

test('Bedrock gets images and documents, each document with a name of its own', async () => {
  const credentials = { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' };
  const create = (endpoint: string) => createBedrockProvider({ region: 'eu-west-1', endpoint, credentials, log });
  const scan = { ...DOCUMENT, field: 'scan_of.page' };
  const body = await sentBody(bedrockFormat, create, { model: 'amazon.nova-lite-v1:0', media: [IMAGE, scan] });
  expect(body['messages']).toEqual([
    {
      role: 'user',
      content: [
        { image: { format: 'png', source: { bytes: PNG.toString('base64') } } },
        { document: { format: 'pdf', name: 'scan of page', source: { bytes: PDF.toString('base64') } } },
        { text: 'Look.' },
      ],
    },
  ]);
});

const encoded = (api: BatchApi, model: string) => {
  const messages: Message[] = [{ role: 'user', content: [IMAGE, DOCUMENT, text] }];
  return api.encode(requestOf(model, { messages, tools: [] }), 'bat_1-0', { isStrict: false });
};

test('lines of batch APIs carry media in the form of real time', () => {
  const anthropic = encoded(createAnthropicBatchApi({ apiKey: 'key-1', baseUrl: undefined }), 'claude-haiku-5-5');
  expect(anthropic).toContain(`"media_type":"image/png","data":"${PNG.toString('base64')}"`);
  expect(anthropic).toContain(`"type":"document"`);
  const openai = encoded(createOpenAiBatchApi({ apiKey: 'key-1', baseUrl: undefined, log }), 'gpt-5.1');
  expect(openai).toContain(`"image_url":"data:image/png;base64,${PNG.toString('base64')}"`);
  expect(openai).toContain('"type":"input_file"');
  const gemini = encoded(createGeminiBatchApi({ apiKey: 'key-1', log }), 'gemini-3-flash');
  expect(gemini).toContain(`"inlineData":{"mimeType":"application/pdf","data":"${PDF.toString('base64')}"}`);
});
