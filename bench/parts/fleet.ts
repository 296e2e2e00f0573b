import { spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type Measured, runClient } from '../measure.ts';
import { grouped, median, type Part, verdict } from '../part.ts';
import { writeTable } from '../workload.ts';

/** Rows on 1, 2 and 4 workers whose tool is the limit, and what a row costs more than in one process. */
export const fleet: Part = async ({ isQuick, pairs, server, folder, progress }) => {
  const redis = await startRedis(folder);
  const run = async (rows: number, workers: number, { agent, turns }: { agent: string; turns: number }) => {
    progress(`fleet: ${grouped(rows)} rows of ${agent}, ${workers} workers`);
    const csv = await writeTable(folder, rows);
    return runClient('clients/fleet.ts', [`${server.url}/0/${turns}`, folder, csv, rows, redis.url, workers, agent]);
  };
  try {
    const bound = { agent: 'bench-slow-tool', turns: 2 };
    const rates = new Map<number, number>();
    for (const workers of [1, 2, 4]) {
      const { rate = 0 } = await run((isQuick ? 150 : 1_000) * workers, workers, bound);
      rates.set(workers, rate);
    }
    const rows = isQuick ? 1_000 : 10_000;
    const more: number[] = [];
    for (let pair = 0; pair < Math.min(pairs, 3); pair += 1) {
      const here = await run(rows, 0, { agent: 'bench-one-turn', turns: 1 });
      const there = await run(rows, 1, { agent: 'bench-one-turn', turns: 1 });
      more.push(((cpuOf(there) - cpuOf(here)) / rows) * 1e6);
    }
    const of = (workers: number) => (rates.get(workers) ?? 0) / (rates.get(1) ?? Number.NaN);
    return {
      title: 'A fleet',
      about:
        'An agent with a tool that waits 200 ms and needs 5 ms of processor time, five rows at a time on each worker; model, ' +
        'Redis, coordinator and workers share the two cores of this machine. Beside that, rows of one call that is answered ' +
        'at once: the processor time of coordinator and worker together, less that of the same rows in real time.',
      header: ['workers', 'rows/s', 'over one worker'],
      rows: [1, 2, 4].map((count) => [String(count), (rates.get(count) ?? 0).toFixed(1), `${of(count).toFixed(2)} ×`]),
      verdicts: [
        verdict('rows/s of two workers over one', of(2), { least: 1.8, unit: ' ×' }),
        verdict('rows/s of four workers over one', of(4), { least: 3.2, unit: ' ×' }),
        verdict('processor time of a row beyond real time', median(more), { most: 300, unit: ' µs' }),
      ],
    };
  } finally {
    redis.close();
  }
};

function cpuOf({ cpuSeconds, workersCpuSeconds = 0 }: Measured): number {
  return cpuSeconds + workersCpuSeconds;
}

async function startRedis(folder: string): Promise<{ url: string; close(): void }> {
  const port = await new Promise<number>((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
  const dir = await mkdtemp(join(folder, 'redis-'));
  const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', dir, '--save', ''];
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((resolve) => {
    child.stdout.on('data', (text: Buffer) => {
      if (text.includes('Ready to accept connections')) resolve();
    });
  });
  return { url: `redis://127.0.0.1:${port}`, close: () => child.kill() };
}
