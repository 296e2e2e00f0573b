// node bench/peers/ai-sdk.mjs URL ROWS CONCURRENCY: the AI SDK with p-limit, as its documentation writes it.
import { createAnthropic } from '@ai-sdk/anthropic';
import { generateText, tool } from 'ai';
import pLimit from 'p-limit';
import * as z from 'zod';
import { measure, tell } from '../measure.ts';
import { benchRow, readBenchAgent } from '../workload.ts';

const [url, rows, concurrency] = process.argv.slice(2);
const agent = readBenchAgent(1);
const model = createAnthropic({ baseURL: `${url}/v1`, apiKey: 'bench' })(agent.model.model);
const answer = tool({
  description: 'Gives the answer.',
  inputSchema: z.object({
    provider: z.string(),
    download_mbps: z.number(),
    upload_mbps: z.number(),
    available: z.boolean(),
  }),
});

async function runRow(number) {
  const { address, postcode } = benchRow(number);
  const { toolCalls } = await generateText({
    model,
    maxOutputTokens: agent.model.max_tokens,
    system: agent.instructions,
    prompt: JSON.stringify({ address, postcode }),
    tools: { return_structured_data: answer },
  });
  if (toolCalls[0]?.input.provider === undefined) throw new Error('no answer');
}

const limit = pLimit(Number(concurrency));
const measured = await measure(Number(rows), () =>
  Promise.all(Array.from({ length: Number(rows) }, (_, number) => limit(() => runRow(number)))),
);
tell(measured);
