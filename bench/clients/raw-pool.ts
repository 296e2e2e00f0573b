/**
 * `node bench/clients/raw-pool.ts URL ROWS CONCURRENCY`: the floor. One prepared request over undici's pool for each
 * row, its answer parsed; no SDK, no loop, nothing stored.
 */
import pLimit from 'p-limit';
import { Pool } from 'undici';
import { measure, tell } from '../measure.ts';
import { benchRow, readBenchAgent } from '../workload.ts';

const [url = '', rows = '0', concurrency = '1'] = process.argv.slice(2);
const { origin, pathname } = new URL(url);
const { model, instructions, structured_output: output } = readBenchAgent(1);
const pool = new Pool(origin, { connections: Number(concurrency) });
const headers = { 'content-type': 'application/json', 'x-api-key': 'bench', 'anthropic-version': '2023-06-01' };
const tools = [{ name: 'return_structured_data', input_schema: output.schema }];

async function runRow(number: number): Promise<unknown> {
  const { address, postcode } = benchRow(number);
  const messages = [{ role: 'user', content: JSON.stringify({ address, postcode }) }];
  const body = JSON.stringify({ ...model, system: instructions, tools, messages });
  const response = await pool.request({ path: `${pathname}/v1/messages`, method: 'POST', headers, body });
  return response.body.json();
}

const limit = pLimit(Number(concurrency));
const measured = await measure(Number(rows), () =>
  Promise.all(Array.from({ length: Number(rows) }, (_, number) => limit(() => runRow(number)))),
);
await pool.close();
tell(measured);
