// node bench/peers/promptfoo.mjs URL ROWS CONCURRENCY CSV FOLDER: `promptfoo eval` over the same table.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tell } from '../measure.ts';
import { readBenchAgent } from '../workload.ts';

const [url, rows, concurrency, csv, folder] = process.argv.slice(2);
const agent = readBenchAgent(1);
const config = join(folder, 'promptfoo.json');
const tools = [
  { name: 'return_structured_data', description: 'Gives the answer.', input_schema: agent.structured_output.schema },
];
const prompt = [
  { role: 'system', content: agent.instructions },
  { role: 'user', content: '{"address": "{{address}}", "postcode": "{{postcode}}"}' },
];
const provider = `anthropic:messages:${agent.model.model}`;
const options = { apiBaseUrl: url, apiKey: 'bench', max_tokens: agent.model.max_tokens, tools };
writeFileSync(
  config,
  JSON.stringify({
    prompts: [JSON.stringify(prompt)],
    providers: [{ id: provider, config: options }],
    tests: `file://${csv}`,
  }),
);
const command = fileURLToPath(new URL('node_modules/.bin/promptfoo', import.meta.url));
const args = [
  'eval',
  '-c',
  config,
  '-j',
  concurrency,
  '--no-cache',
  '--no-table',
  '--no-progress-bar',
  '-o',
  join(folder, 'promptfoo-out.json'),
];
const env = {
  ...process.env,
  PROMPTFOO_DISABLE_TELEMETRY: '1',
  PROMPTFOO_DISABLE_UPDATE: '1',
  PROMPTFOO_CONFIG_DIR: folder,
};
const time = join(folder, 'promptfoo-time');
const began = performance.now();
const { status, stdout, stderr } = spawnSync('/usr/bin/env', ['time', '-f', '%U %S %M', '-o', time, command, ...args], {
  env,
  encoding: 'utf8',
});
const seconds = (performance.now() - began) / 1000;
if (status !== 0 && status !== 100) throw new Error(`promptfoo ended with status ${status}: ${stdout}${stderr}`);
const [user, system, kilobytes] = readFileSync(time, 'utf8').trim().split('\n').at(-1).split(' ').map(Number);
tell({ rows: Number(rows), seconds, cpuSeconds: user + system, peakMegabytes: Math.round(kilobytes / 1024) });
