import { spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Redis } from 'ioredis';

/** A Redis of the bench, without an append-only file. */
export interface BenchRedis {
  url: string;
  close(): void;
}

/** Starts `redis-server` on a free port. */
export async function startRedis(folder: string): Promise<BenchRedis> {
  const port = await freePort();
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

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** What a Redis has done since its start, by its own account. */
interface RedisFigures {
  cpuSeconds: number;
  commands: number;
  /** Received and sent. */
  bytes: number;
  /** The most memory that it has used, and what it uses without data. */
  peakBytes: number;
  emptyBytes: number;
  connections: number;
}

/** Reads them by `INFO`. */
export async function readRedisFigures(url: string): Promise<RedisFigures> {
  const redis = new Redis(url);
  const info = await redis.info('all');
  redis.disconnect();
  const figure = (name: string) => Number(new RegExp(`^${name}:(.*)$`, 'm').exec(info)?.[1]);
  return {
    cpuSeconds: figure('used_cpu_sys') + figure('used_cpu_user'),
    commands: figure('total_commands_processed'),
    bytes: figure('total_net_input_bytes') + figure('total_net_output_bytes'),
    peakBytes: figure('used_memory_peak'),
    emptyBytes: figure('used_memory_startup'),
    connections: figure('connected_clients') - 1,
  };
}
