/**
 * `node bench/clients/wave.ts URL FOLDER CSV ROWS PROVIDER`: the first wave of a batch through a batch API, from the moment
 * its rows are loaded until its last provider job exists: inputs made, lines built, split, every row and call committed to
 * the store, uploaded.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readConfig } from '../../src/app/config.ts';
import { createApp } from '../../src/app/create-app.ts';
import { boundHeap } from '../../src/app/heap.ts';
import { createLog } from '../../src/base/log.ts';
import { measure, tell } from '../measure.ts';
import { agentsPath } from '../workload.ts';

const [url = '', folder = '', csv = '', rows = '0', provider = ''] = process.argv.slice(2);
const config = readConfig(
  {
    ...{ ANTHROPIC_API_KEY: 'bench', ANTHROPIC_BASE_URL: url, OPENAI_API_KEY: 'bench', OPENAI_BASE_URL: `${url}/v1` },
    ROWMILL_AGENTS: agentsPath(),
    ROWMILL_DATA_DIR: join(folder, `data-${process.pid}`),
    ROWMILL_FILES: folder,
  },
  folder,
);
boundHeap();
const app = await createApp(config, createLog('warn'), { driver: 'supervisor' });
const target = { type: 'agent' as const, name: `bench-wave-${provider}` };
const { report } = await app.runner.create({ csv_uri: csv, target, options: { mode: 'batch' } });
const stop = new AbortController();
const driving = app.runner.drive(report.batch_id, { signal: stop.signal });

async function until(holds: (now: typeof report) => boolean): Promise<void> {
  while (!holds(await app.runner.report(report.batch_id))) await new Promise((resolve) => setTimeout(resolve, 10));
}

await until(({ status }) => status === 'running');
const measured = await measure(Number(rows), () =>
  until(
    ({ counts, provider_jobs: jobs }) =>
      counts.queued === 0 && jobs.length > 0 && jobs.every(({ status }) => status === 'open'),
  ),
);
measured['jobs'] = (await app.runner.report(report.batch_id)).provider_jobs.length;
stop.abort();
await driving;
await app.close();
await rm(config.dataDir, { recursive: true });
tell(measured);
