import type { JsonObject } from '../../src/protocol/messages.ts';
import type { WireAnswer, WireRequest } from '../support/messages-wire.ts';
import { anthropicBatchFormat } from '../support/providers/batch-anthropic.ts';
import { bedrockBatchFormat } from '../support/providers/batch-bedrock.ts';
import { geminiBatchFormat } from '../support/providers/batch-gemini.ts';
import { openAiBatchFormat } from '../support/providers/batch-openai.ts';
import {
  type BatchFormat,
  type BatchServer,
  type BatchServerOptions,
  startBatchServer,
} from '../support/providers/batch-server.ts';
import { bedrockFormat } from '../support/providers/bedrock-format.ts';
import { geminiFormat } from '../support/providers/gemini-format.ts';
import { messagesFormat } from '../support/providers/messages-format.ts';
import type { Jobs } from '../support/providers/provider-jobs.ts';
import { responsesFormat } from '../support/providers/responses-format.ts';
import type { WireFormat } from '../support/providers/wire-server.ts';
import { startTestS3, type TestS3 } from '../support/s3.ts';
import { createSite, type Site } from './rowmill-process.ts';

/** A provider with a batch API, as the environment names it. */
export interface BatchProvider {
  name: 'anthropic' | 'openai' | 'gemini' | 'bedrock';
  model: string;
  realtime: WireFormat;
  createFormat: (jobs: Jobs, s3: TestS3 | undefined) => BatchFormat;
  variables: (url: string, s3: TestS3 | undefined) => Record<string, string>;
}

export const BATCH_PROVIDERS: BatchProvider[] = [
  {
    name: 'anthropic',
    model: 'claude-haiku-5-5',
    realtime: messagesFormat,
    createFormat: anthropicBatchFormat,
    variables: (url) => ({ ANTHROPIC_BASE_URL: url }),
  },
  {
    name: 'openai',
    model: 'gpt-5.1',
    realtime: responsesFormat,
    createFormat: openAiBatchFormat,
    variables: (url) => ({ OPENAI_API_KEY: 'key-1', OPENAI_BASE_URL: `${url}/v1` }),
  },
  {
    name: 'gemini',
    model: 'gemini-3-flash',
    realtime: geminiFormat,
    createFormat: geminiBatchFormat,
    variables: (url) => ({ GEMINI_API_KEY: 'key-1', GOOGLE_GEMINI_BASE_URL: url }),
  },
  {
    name: 'bedrock',
    model: 'us.anthropic.claude-haiku-5-5-v1:0',
    realtime: bedrockFormat,
    createFormat: (jobs, s3) => {
      if (s3 === undefined) throw new Error('Bedrock needs S3');
      return bedrockBatchFormat(jobs, s3);
    },
    variables: (url, s3) => ({
      AWS_ACCESS_KEY_ID: 'AKTEST',
      AWS_SECRET_ACCESS_KEY: 'SKTEST',
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL_BEDROCK: url,
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: url,
      AWS_ENDPOINT_URL_S3: String(s3?.options.endpoint),
      BEDROCK_BATCH_ROLE_ARN: 'arn:aws:iam::123456789012:role/batch',
      BEDROCK_BATCH_INPUT_S3_PATH: `s3://${s3?.bucket}/in/`,
      BEDROCK_BATCH_OUTPUT_S3_PATH: `s3://${s3?.bucket}/out/`,
    }),
  },
];

/** Dollars per million tokens, in and out, of every model here. */
export const PRICE = { input: 1, output: 5 };

export const wordOf = ({ messages }: WireRequest): string => {
  const content = messages[0]?.content;
  const text = typeof content === 'string' ? content : String(content?.find(({ type }) => type === 'text')?.['text']);
  return String((JSON.parse(text) as JsonObject)['word']);
};

/** What every request is answered with: 100 tokens in and 20 out. */
export const echoed = (request: WireRequest): WireAnswer => ({
  content: [{ type: 'tool_use', id: 'call_1', name: 'return_structured_data', input: { echo: `${wordOf(request)}!` } }],
  usage: { input_tokens: 100, output_tokens: 20 },
});

/** A folder with a table of words, an agent of this provider, and the provider's server. */
export interface BatchSite extends Site {
  server: BatchServer;
  words: string[];
}

export async function createBatchSite(
  provider: BatchProvider,
  { rows, ...behaviour }: { rows: number } & Partial<BatchServerOptions>,
): Promise<BatchSite> {
  const s3 = provider.name === 'bedrock' ? await startTestS3() : undefined;
  const server = await startBatchServer({
    respond: echoed,
    lastsMs: 300,
    polls: Number.POSITIVE_INFINITY,
    realtime: provider.realtime,
    ...behaviour,
    createFormat: (jobs) => provider.createFormat(jobs, s3),
  });
  const site = await createSite(agentsOf(provider), {
    ...provider.variables(server.url, s3),
    ROWMILL_BATCH_POLL_SECONDS: '0.05',
    ROWMILL_PRICES: 'prices.yaml',
  });
  await site.write(
    'prices.yaml',
    `${provider.name}/${provider.model}: {input: ${PRICE.input}, output: ${PRICE.output}}\n`,
  );
  const words = Array.from({ length: rows }, (_, row) => `word-${row}`);
  await site.write('table.csv', `word\n${words.join('\n')}\n`);
  return {
    ...site,
    server,
    words,
    async close() {
      await site.close();
      await server.close();
      await s3?.close();
    },
  };
}

function agentsOf({ name, model }: BatchProvider): string {
  return `agents:
  - name: echo
    model: {provider: ${name}, model: "${model}", max_tokens: 200}
    instructions: Echo the word.
    input: {type: object, properties: {word: {type: string}}, required: [word]}
    structured_output: {enabled: true, schema: {type: object, properties: {echo: {type: string}}, required: [echo]}}
`;
}
