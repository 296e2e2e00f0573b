// node bench/peers/langchain.mjs URL ROWS CONCURRENCY [retry]: LangChain's batch of structured answers, as its documentation
// writes it. With `retry`, the model repeats each failed call, and the chain asks again for an answer that does not fit.
import { ChatAnthropic } from '@langchain/anthropic';
import * as z from 'zod';
import { measure, tell } from '../measure.ts';
import { benchRow, readBenchAgent } from '../workload.ts';

const [url, rows, concurrency, way] = process.argv.slice(2);
const agent = readBenchAgent(1);
const model = new ChatAnthropic({
  model: agent.model.model,
  maxTokens: agent.model.max_tokens,
  apiKey: 'bench',
  anthropicApiUrl: url,
  maxRetries: way === 'retry' ? 10 : 0,
});
const answer = z.object({
  provider: z.string(),
  download_mbps: z.number(),
  upload_mbps: z.number(),
  available: z.boolean(),
});
const once = model.withStructuredOutput(answer, { name: 'return_structured_data' });
const chain = way === 'retry' ? once.withRetry({ stopAfterAttempt: 10 }) : once;
const prompts = Array.from({ length: Number(rows) }, (_, number) => {
  const { address, postcode } = benchRow(number);
  return [
    ['system', agent.instructions],
    ['human', JSON.stringify({ address, postcode })],
  ];
});
let answers = [];
const measured = await measure(Number(rows), async () => {
  answers = await chain.batch(prompts, { maxConcurrency: Number(concurrency) }, { returnExceptions: way === 'retry' });
});
tell({ ...measured, right: answers.filter((given) => typeof given?.download_mbps === 'number').length });
