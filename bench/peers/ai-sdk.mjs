// node bench/peers/ai-sdk.mjs URL ROWS CONCURRENCY [retry]: the AI SDK with p-limit, as its documentation writes it. With
// `retry`, the SDK repeats each failed call, and the loop asks again for an answer that does not fit.
import { createAnthropic } from '@ai-sdk/anthropic';
import { generateText, tool } from 'ai';
import pLimit from 'p-limit';
import * as z from 'zod';
import { measure, tell } from '../measure.ts';
import { benchRow, readBenchAgent } from '../workload.ts';

const [url, rows, concurrency, way] = process.argv.slice(2);
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

/** Whether the answer is right. */
async function runRow(number, attempt = 1) {
  const { address, postcode } = benchRow(number);
  const { toolCalls } = await generateText({
    model,
    maxOutputTokens: agent.model.max_tokens,
    system: agent.instructions,
    prompt: JSON.stringify({ address, postcode }),
    tools: { return_structured_data: answer },
    maxRetries: way === 'retry' ? 10 : 0,
  });
  if (typeof toolCalls[0]?.input.download_mbps === 'number') return true;
  if (way !== 'retry') throw new Error('no answer');
  return attempt < 10 && runRow(number, attempt + 1);
}

const limit = pLimit(Number(concurrency));
let answers = [];
const measured = await measure(Number(rows), async () => {
  const all = Array.from({ length: Number(rows) }, (_, number) => limit(() => runRow(number)));
  answers = way === 'retry' ? await Promise.all(all.map((row) => row.catch(() => false))) : await Promise.all(all);
});
tell({ ...measured, right: answers.filter(Boolean).length });
