/**
 * `node bench/clients/bare-loop.ts URL ROWS CONCURRENCY TURNS`: what people write by hand. The same SDK over the global
 * `fetch`, p-limit, the agent's loop; nothing is kept, checked or repeated.
 */
import Anthropic from '@anthropic-ai/sdk';
import pLimit from 'p-limit';
import { tool as lookup } from '../lookup-tool.ts';
import { measure, tell } from '../measure.ts';
import { benchRow, readBenchAgent } from '../workload.ts';

const [url = '', rows = '0', concurrency = '1', turns = '1'] = process.argv.slice(2);
const agent = readBenchAgent(Number(turns));
const client = new Anthropic({ apiKey: 'bench', baseURL: url });
const system: Anthropic.TextBlockParam[] = [
  { type: 'text', text: agent.instructions, cache_control: { type: 'ephemeral' } },
];
const tools: Anthropic.Tool[] = [
  { name: 'return_structured_data', description: 'Gives the answer.', input_schema: agent.structured_output.schema },
];
if (turns !== '1') {
  const { name, description, inputSchema } = lookup;
  tools.unshift({ name, description, input_schema: inputSchema });
}

async function runRow(number: number): Promise<unknown> {
  const { address, postcode } = benchRow(number);
  const messages: Anthropic.MessageParam[] = [{ role: 'user', content: JSON.stringify({ address, postcode }) }];
  while (true) {
    const { model, max_tokens } = agent.model;
    const answer = await client.messages.create({ model, max_tokens, system, tools, messages });
    const call = answer.content.find((block) => block.type === 'tool_use');
    if (call === undefined) throw new Error('no tool call');
    if (call.name === 'return_structured_data') return call.input;
    const content = JSON.stringify(await lookup.execute());
    messages.push({ role: 'assistant', content: answer.content });
    messages.push({ role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content }] });
  }
}

const limit = pLimit(Number(concurrency));
const measured = await measure(Number(rows), () =>
  Promise.all(Array.from({ length: Number(rows) }, (_, number) => limit(() => runRow(number)))),
);
tell(measured);
