import { openAgent } from '../../src/agent/open-agent.ts';
import { createSilentLog } from '../../src/base/log.ts';
import { descriptorOf } from '../../src/providers/catalog.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { parseAgent } from '../../src/registry/parse-agent.ts';
import { type BodyServer, startBodyServer } from '../body-server.ts';
import { byHand } from '../by-hand.ts';
import { grouped, type Part, type Verdict, verdict } from '../part.ts';

const MODELS: Record<string, string> = {
  anthropic: 'claude-haiku-5-5',
  openai: 'gpt-5.4-mini',
  gemini: 'gemini-3.1-flash-lite',
  bedrock: 'anthropic.claude-haiku-5-5-20261001-v1:0',
  'openai-compatible': 'llama-4',
};
/** A small agent, whose rows are short: here every word that is not the prompt or the data counts most. */
const SHORT = {
  instructions: 'Say how the writer of the review feels, and how sure you are.',
  schema: {
    type: 'object',
    properties: {
      sentiment: { type: 'string', enum: ['positive', 'neutral', 'negative'] },
      confidence: { type: 'number', description: 'From 0 to 1.' },
    },
    required: ['sentiment', 'confidence'],
    additionalProperties: false,
  },
  row: { review: 'It came a day late, but the colours are even better than in the pictures.' },
};
const MAX_TOKENS = 1024;
/** Bytes of the same request while every agent answered by its tool: measured with this part at commit 5244451. */
const BEFORE: Record<string, number> = {
  anthropic: 949,
  openai: 872,
  gemini: 895,
  bedrock: 904,
  'openai-compatible': 861,
};

/** The bytes of one row's request, beside the shortest form in which a person would write it with the provider's SDK. */
export const tokens: Part = async ({ progress }) => {
  const server = await startBodyServer();
  const rows: string[][] = [];
  const verdicts: Verdict[] = [];
  try {
    for (const [provider, model] of Object.entries(MODELS)) {
      progress(`tokens: ${provider}`);
      const data = JSON.stringify(SHORT.row);
      const call = { model, system: SHORT.instructions, data, schema: SHORT.schema, maxTokens: MAX_TOKENS };
      const hand = await server.bytesOf(async () => byHand[provider]?.(server.url, call));
      const native = await bytesOfRow(server, { provider, model, mode: 'auto' });
      const tool = await bytesOfRow(server, { provider, model, mode: 'tool' });
      const over = (bytes = Number.NaN) => `${grouped(bytes)} (${(bytes / hand).toFixed(2)} ×)`;
      rows.push([provider, grouped(hand), over(native), over(tool), over(BEFORE[provider])]);
      verdicts.push(
        verdict(`bytes of a row's request over the SDK by hand, ${provider}`, native / hand, { most: 1.05 }),
      );
    }
  } finally {
    server.close();
  }
  return {
    title: 'What a row sends',
    about:
      'The bytes of the body of one request of a small agent (one sentence of instructions, two fields, a short row), as ' +
      'the agent sends it, and as a person would write it with the official SDK: the same prompt, data and schema in ' +
      "the provider's own structured output, and nothing else. `mode: tool` is the form of agents with tools of their " +
      'own. Before is what every agent sent until there was a native form (commit 5244451). Providers add a prompt of ' +
      'their own for tools, which is not in these bytes.',
    header: ['provider', 'SDK by hand', 'Rowmill', '`mode: tool`', 'before'],
    rows,
    verdicts,
  };
};

async function bytesOfRow(
  { url, bytesOf }: BodyServer,
  { provider: name, model, mode }: { provider: string; model: string; mode: string },
): Promise<number> {
  const baseUrl = name === 'openai-compatible' ? { base_url: `${url}/v1` } : {};
  const parsed = parseAgent(
    {
      name: 'short',
      model: { provider: name, model, max_tokens: MAX_TOKENS, ...baseUrl },
      instructions: SHORT.instructions,
      structured_output: { mode, schema: SHORT.schema },
    },
    undefined,
  );
  if ('faults' in parsed) throw new Error(JSON.stringify(parsed.faults));
  const { definition } = parsed;
  const log = createSilentLog();
  const agent = openAgent({ definition, toolSet: { tools: [], close: async () => undefined }, log });
  const provider = await openProvider(name, { url, model, log });
  try {
    return await bytesOf(() =>
      agent.run([{ role: 'user', content: JSON.stringify(SHORT.row) }], {
        runId: 'bench',
        signal: AbortSignal.timeout(30_000),
        callModel: ({ request, signal }) =>
          provider.respond(request, { signal: signal ?? AbortSignal.timeout(30_000) }),
        callTool: async () => ({ content: '', isError: true }),
      }),
    );
  } finally {
    await provider.close();
    await agent.close();
  }
}

/** A provider whose address is the server's. Bedrock's SDK reads its keys from the environment. */
async function openProvider(
  name: string,
  { url, model, log }: { url: string; model: string; log: ReturnType<typeof createSilentLog> },
): Promise<Provider> {
  process.env['AWS_ACCESS_KEY_ID'] ??= 'bench';
  process.env['AWS_SECRET_ACCESS_KEY'] ??= 'bench';
  const environment = {
    ...{ ANTHROPIC_API_KEY: 'bench', ANTHROPIC_BASE_URL: url },
    ...{ OPENAI_API_KEY: 'bench', OPENAI_BASE_URL: `${url}/v1` },
    ...{ GEMINI_API_KEY: 'bench', GOOGLE_GEMINI_BASE_URL: url },
    ...{ AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL_BEDROCK_RUNTIME: url },
  };
  const descriptor = descriptorOf(name);
  if (descriptor === undefined) throw new Error(`there is no provider ${name}`);
  const source = { provider: name, model, ...(name === 'openai-compatible' ? { base_url: `${url}/v1` } : {}) };
  return descriptor.open(source, { environment, variable: () => undefined, proxy: undefined, log });
}
