import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { type RowmillProcess, until as untilSoon } from './rowmill-process.ts';
import { createTwoTurnSite, type TwoTurnSite } from './two-turn-site.ts';

/** Set where tests may use Redis; the tests of the fleet are skipped without it. */
export const REDIS_URL = process.env['ROWMILL_TEST_REDIS_URL'];

/** A fleet is several processes, each of which takes long to start on a busy machine. */
export const until: typeof untilSoon = (holds, what, options) =>
  untilSoon(holds, what, { timeoutMs: 120_000, ...options });

/** A Redis of the test's own, which it may kill and start again. */
export interface OwnRedis {
  url: string;
  /** SIGKILL; resolves when it has gone. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Takes everything out of it. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Starts Debian's redis-server with an append-only file, on a free port.
 * @param host an address of this machine
 * @param placeOf its arguments for a port
 */
export async function startRedis(
  host = '127.0.0.1',
  placeOf = (port: number) => ['--port', `${port}`, '--protected-mode', 'no'],
): Promise<OwnRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'rowmill-redis-'));
  const port = await freePort(host);
  let server: ReturnType<typeof spawn> | undefined;
  const start = async () => {
    const place = [...placeOf(port), '--bind', host, '--dir', folder];
    const child = spawn('redis-server', [...place, '--appendonly', 'yes', '--save', ''], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    server = child;
    let log = '';
    child.stdout.on('data', (chunk) => {
      log += chunk;
    });
    await until(() => log.includes('Ready to accept connections'), 'a Redis that is ready');
  };
  const kill = async () => {
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const gone = once(server, 'close');
    server.kill('SIGKILL');
    await gone;
  };
  await start();
  return {
    url: `redis://${host}:${port}`,
    kill,
    start,
    async flush() {
      const [code] = await once(spawn('redis-cli', ['-h', host, '-p', `${port}`, 'flushall']), 'close');
      if (code !== 0) throw new Error('Redis was not emptied');
    },
    async close() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(host: string): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** A worker, and what it has written on stdout so far. */
export type WorkerProcess = RowmillProcess & { said(): string };

/** A site whose rows run on workers. */
export interface FleetSite extends TwoTurnSite {
  /** Starts a worker and waits until it takes rows. Its calls carry `who`. */
  worker(who: string, ...args: string[]): Promise<WorkerProcess>;
  /** The same with further variables. */
  workerWith(variables: Record<string, string>, who: string, ...args: string[]): Promise<WorkerProcess>;
  /** Starts a batch over the whole table on the fleet. */
  run(...args: string[]): RowmillProcess;
  /** How many rows of the newest batch have succeeded. */
  done(): Promise<number>;
}

/** Creates the site at a Redis. */
export async function createFleetSite(
  redisUrl: string,
  options: Parameters<typeof createTwoTurnSite>[0] & { key?: string },
): Promise<FleetSite> {
  // What a test that failed has left there.
  if (REDIS_URL !== undefined && redisUrl.startsWith(REDIS_URL)) {
    const client = new Redis(redisUrl);
    await client.flushdb();
    client.disconnect();
  }
  const site = await createTwoTurnSite(options);
  site.env['ROWMILL_REDIS_URL'] = redisUrl;
  if (options.key !== undefined) site.env['ROWMILL_WORKER_KEY'] = options.key;
  const variables = { ...site.env };
  const workerWith = async (more: Record<string, string>, who: string, ...args: string[]) => {
    const own = {
      ...variables,
      ANTHROPIC_API_KEY: who,
      WHO: who,
      ROWMILL_DATA_DIR: join(site.folder, who),
      ...more,
    };
    const worker = site.rowmillWith(own, 'worker', ...args);
    let said = '';
    worker.child.stdout?.on('data', (chunk) => {
      said += chunk;
    });
    await until(() => said.includes('takes rows'), `worker ${who} takes rows`, { by: worker });
    return { ...worker, said: () => said };
  };
  return {
    ...site,
    workerWith,
    worker: (who, ...args) => workerWith({}, who, ...args),
    run: (...args) =>
      site.rowmillWith(
        variables,
        ...['run', 'table.csv', '--agent', 'counter', '--mode', 'fleet', '--out', 'out.csv', '--overwrite', '--json'],
        ...args,
      ),
    done: async () => (await site.store.listBatches({ limit: 1 }))[0]?.totals.succeeded ?? 0,
  };
}
