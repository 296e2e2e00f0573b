/**
 * `node bench/clients/bare-loop.ts URL CSV ROWS CONCURRENCY TURNS [lean | retry]`: the loop that people write by hand. From a table
 * to a table, by csv-parse and csv-stringify; the same SDK over the global `fetch`, p-limit, the agent's loop. Nothing is
 * stored, checked or retried. With `lean`, the SDK sends through Rowmill's own `fetch` instead of the global one. With
 * `retry`, the SDK repeats each failed call by itself, and an answer that does not fit the schema is asked for again.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import Anthropic from '@anthropic-ai/sdk';
import { Ajv } from 'ajv';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import pLimit from 'p-limit';
import { createLeanFetch } from '../../src/providers/shared/lean-fetch.ts';
import { tool as lookup } from '../lookup-tool.ts';
import { measure, tell } from '../measure.ts';
import { type BenchRow, readBenchAgent } from '../workload.ts';

const [url = '', csv = '', rows = '0', concurrency = '1', turns = '1', way] = process.argv.slice(2);
const agent = readBenchAgent(Number(turns));
const lean = way === 'lean' ? createLeanFetch() : undefined;
const options = {
  ...(lean === undefined ? {} : { fetch: lean.fetch }),
  ...(way === 'retry' ? { maxRetries: 10 } : {}),
};
const client = new Anthropic({ apiKey: 'bench', baseURL: url, ...options });
const isFit = way === 'retry' ? new Ajv().compile(agent.structured_output.schema) : () => true;
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

async function runRow({ address, postcode }: BenchRow): Promise<object> {
  const messages: Anthropic.MessageParam[] = [{ role: 'user', content: JSON.stringify({ address, postcode }) }];
  while (true) {
    const { model, max_tokens } = agent.model;
    const answer = await client.messages.create({ model, max_tokens, system, tools, messages });
    const call = answer.content.find((block) => block.type === 'tool_use');
    if (way === 'retry' && (call === undefined || !isFit(call.input))) continue;
    if (call === undefined) throw new Error('no tool call');
    if (call.name === 'return_structured_data') return call.input as object;
    const content = JSON.stringify(await lookup.execute());
    messages.push({ role: 'assistant', content: answer.content });
    messages.push({ role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content }] });
  }
}

const limit = pLimit(Number(concurrency));
let atWorkSeconds = 0;
const measured = await measure(Number(rows), async () => {
  const table = parse<BenchRow>(readFileSync(csv), { columns: true });
  const began = performance.now();
  const answers = await Promise.all(table.map((row) => limit(() => runRow(row))));
  atWorkSeconds = (performance.now() - began) / 1000;
  const joined = table.map((row, index) => ({ ...row, ...answers[index] }));
  writeFileSync(`${csv}.out`, stringify(joined, { header: true }));
});
await lean?.close();
tell({ ...measured, atWorkSeconds });
