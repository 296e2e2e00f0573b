import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Pool } from 'undici';
import { readConfig } from '../../src/app/config.ts';
import { createApp } from '../../src/app/create-app.ts';
import { createLog } from '../../src/base/log.ts';
import { grouped, type Part, verdict } from '../part.ts';
import { agentName, agentsPath, writeTable } from '../workload.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/rowmill.js', import.meta.url));
const CONCURRENCY = 400;
const PAUSE_MS = 5;

/** How soon `rowmill serve` answers `/healthz` while it runs a batch as fast as it can. */
export const health: Part = async ({ isQuick, server, folder, progress }) => {
  const count = isQuick ? 10_000 : 50_000;
  progress(`health: ${grouped(count)} rows`);
  const env = {
    ANTHROPIC_API_KEY: 'bench',
    ANTHROPIC_BASE_URL: `${server.url}/50/1`,
    ROWMILL_AGENTS: agentsPath(),
    ROWMILL_DATA_DIR: join(folder, 'data-health'),
    ROWMILL_FILES: folder,
  };
  const child = spawn(process.execPath, [LAUNCHER, 'serve', '--port', '0'], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const app = await createApp(readConfig(env, folder), createLog('warn'), { driver: 'supervisor' });
  try {
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    const url = /http:\S+/.exec(line)?.[0];
    if (url === undefined) throw new Error(`"rowmill serve" said: ${line}`);
    const csv = await writeTable(folder, count);
    const target = { type: 'agent' as const, name: agentName(1) };
    const { report } = await app.runner.create({
      csv_uri: csv,
      target,
      options: { concurrency: CONCURRENCY, mode: 'realtime' },
    });
    const isRunning = async () =>
      ['created', 'validating', 'loading', 'running'].includes((await app.runner.report(report.batch_id)).status);
    const began = performance.now();
    const times = await watch(url, isRunning);
    const seconds = (performance.now() - began) / 1000;
    const [p50 = 0, p99 = 0, worst = 0] = [0.5, 0.99, 1].map(
      (share) => times[Math.ceil(times.length * share) - 1] ?? Number.NaN,
    );
    return {
      title: 'An open event loop',
      about: `\`rowmill serve\` runs ${grouped(count)} rows, ${CONCURRENCY} at once, answered after 50 ms, while another process asks \`/healthz\` every ${PAUSE_MS} ms over one connection, from the batch’s creation to the last row.`,
      header: ['requests', 'rows/s', 'p50', 'p99', 'slowest'],
      rows: [
        [grouped(times.length), grouped(count / seconds), ...[p50, p99, worst].map((ms) => `${ms.toFixed(1)} ms`)],
      ],
      verdicts: [verdict('`/healthz` p99', p99, { most: 50, unit: ' ms' })],
    };
  } finally {
    await app.close();
    child.kill('SIGTERM');
    await once(child, 'close');
  }
};

/** Asks until the batch has ended; the times in milliseconds, in order of size. */
async function watch(url: string, isRunning: () => Promise<boolean>): Promise<Float64Array> {
  const pool = new Pool(url, { connections: 1 });
  const times: number[] = [];
  let going = true;
  const look = (async () => {
    while (await isRunning()) await sleep(250);
    going = false;
  })();
  while (going) {
    const began = performance.now();
    const { statusCode, body } = await pool.request({ path: '/healthz', method: 'GET' });
    await body.dump();
    if (statusCode !== 200) throw new Error(`/healthz answered ${statusCode}`);
    times.push(performance.now() - began);
    await sleep(PAUSE_MS);
  }
  await look;
  await pool.close();
  return Float64Array.from(times).sort();
}
