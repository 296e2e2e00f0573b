/**
 * `node bench/clients/fleet.ts URL FOLDER CSV WARM_CSV ROWS REDIS WORKERS AGENT TOOL_MS`: a whole batch on this number of
 * workers, each with five rows at a time; without workers, in real time with five rows at a time in this process. The
 * rows of WARM_CSV run before it, unmeasured. The agent's tool, if it has one, waits TOOL_MS milliseconds.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { readConfig } from '../../src/app/config.ts';
import { createApp } from '../../src/app/create-app.ts';
import { boundHeap } from '../../src/app/heap.ts';
import { createLog } from '../../src/base/log.ts';
import { readRedisFigures } from '../fleet/redis.ts';
import { measure, tell } from '../measure.ts';
import { agentsPath } from '../workload.ts';

const ROWS_AT_ONCE = 5;
const [url = '', folder = '', csv = '', warmCsv = '', rows = '0', redis = '', workers = '0', name = '', toolMs = ''] =
  process.argv.slice(2);
const environment = {
  ANTHROPIC_API_KEY: 'bench',
  ANTHROPIC_BASE_URL: url,
  ROWMILL_AGENTS: agentsPath(),
  ROWMILL_DATA_DIR: join(folder, `data-${process.pid}`),
  ROWMILL_FILES: folder,
  ROWMILL_REDIS_URL: redis,
  ROWMILL_WORKER_KEY: 'the key of the bench',
};
boundHeap();
const processes = await Promise.all(Array.from({ length: Number(workers) }, startWorker));
const app = await createApp(readConfig(environment, folder), createLog('warn'), { driver: 'supervisor' });
await import('@anthropic-ai/sdk');
await app.registry.list();
await runBatch(warmCsv);
const cpuBefore = processes.map(cpuOf);
const redisBefore = await readRedisFigures(redis);
let rate = 0;
const measured = await measure(Number(rows), async () => {
  const { counts, rows_per_second: rowsPerSecond } = await runBatch(csv);
  rate = rowsPerSecond ?? 0;
  if (counts.succeeded !== Number(rows)) throw new Error(`${counts.succeeded} of ${rows} rows succeeded`);
});
const redisAfter = await readRedisFigures(redis);
measured['rate'] = rate;
measured['workersCpuSeconds'] = processes.reduce((sum, each, at) => sum + cpuOf(each) - (cpuBefore[at] ?? 0), 0);
measured['redisCpuSeconds'] = redisAfter.cpuSeconds - redisBefore.cpuSeconds;
measured['redisCommands'] = redisAfter.commands - redisBefore.commands;
measured['redisBytes'] = redisAfter.bytes - redisBefore.bytes;
measured['redisPeakBytes'] = redisAfter.peakBytes - redisAfter.emptyBytes;
measured['redisConnections'] = redisAfter.connections;
await app.close();
for (const each of processes) each.kill('SIGTERM');
await Promise.all(processes.map((each) => once(each, 'close')));
await rm(environment.ROWMILL_DATA_DIR, { recursive: true });
tell(measured);

async function runBatch(table: string) {
  const target = { type: 'agent' as const, name };
  const options =
    processes.length > 0 ? { mode: 'fleet' as const } : { mode: 'realtime' as const, concurrency: ROWS_AT_ONCE };
  const { report } = await app.runner.create({ csv_uri: table, target, options });
  const ended = await app.runner.drive(report.batch_id);
  if (ended.status !== 'completed') throw new Error(`the batch is ${ended.status}`);
  return ended;
}

async function startWorker(): Promise<ChildProcess> {
  const program = fileURLToPath(new URL('../../bin/rowmill.js', import.meta.url));
  const args = [program, 'worker', '--concurrency', String(ROWS_AT_ONCE)];
  const env = { ...process.env, ...environment, BENCH_TOOL_MS: toolMs };
  const child = spawn(process.execPath, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'ignore'] });
  await once(createInterface(child.stdout), 'line');
  return child;
}

/** Processor time of a process and its threads, in seconds (fields 14 and 15 of proc(5), in ticks of 10 ms). */
function cpuOf({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
