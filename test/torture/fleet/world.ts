import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type OwnRedis, startRedis } from '../../e2e/fleet-site.ts';
import { type RowmillProcess, startRowmill, until } from '../../e2e/rowmill-process.ts';
import { createWorld, type ToolCall, type World } from '../world.ts';
import { HUB_ADDRESS, type Network, within } from './network.ts';

/** How many rows a worker runs at a time. */
export const ROWS_AT_ONCE = 5;

const agents = (requestsPerMinute: number) => `
agents:
  - name: counter
    model: {provider: anthropic, model: claude-haiku-5-5, max_tokens: 100}
    executor: fleet
    instructions: Count, then answer.
    input: {type: object, properties: {q: {type: string}}, required: [q]}
    tools:
      - module: ./count.mjs
    limits: {requests_per_minute: ${requestsPerMinute}}
    structured_output:
      enabled: true
      schema: {type: object, properties: {answer: {type: string}}, required: [answer]}
`;

/** It takes 200 ms, 5 ms of them of processor time, and keeps a log of its calls. */
const TOOL = `
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
const used = () => {
  const { user, system } = process.threadCpuUsage();
  return user + system;
};
export const tool = {
  name: 'count',
  description: 'Counts.',
  inputSchema: { type: 'object', properties: { q: { type: 'string' } }, required: ['q'] },
  idempotent: true,
  async execute({ q }) {
    appendFileSync('count-' + process.pid + '.log', Date.now() + ' ' + q + '\\n');
    const end = used() + 5_000;
    while (used() < end);
    await sleep(195);
    return { seen: q };
  },
};
`;

/** A coordinator and workers in a network, with a model that counts and a Redis that can be killed. */
export interface FleetWorld {
  world: World;
  redis: OwnRedis;
  /** Starts a worker in its namespace, on its own disk; resolves when it takes rows. */
  startWorker(worker: number): Promise<RowmillProcess>;
  nameOf(worker: number): string;
  /** Starts a command on the hub. */
  start(...args: string[]): RowmillProcess;
  /** What the tools of all workers have logged. */
  toolCalls(): ToolCall[];
  close(): Promise<void>;
}

/** Creates it inside the namespace of the hub. */
export async function createFleetWorld(
  network: Network,
  { seed, requestsPerMinute }: { seed: number; requestsPerMinute: number },
): Promise<FleetWorld> {
  const world = await createWorld({
    ...{ seed, latencyMs: [2, 10] as const, host: HUB_ADDRESS, agents: agents(requestsPerMinute) },
  });
  await world.write('count.mjs', TOOL);
  const redis = await startRedis(HUB_ADDRESS);
  const shared = { ROWMILL_REDIS_URL: redis.url, ROWMILL_WORKER_KEY: 'the key of the fleet under torture' };
  const names = new Map<number, string>();
  const workers: RowmillProcess[] = [];
  const nameOf = (worker: number) => `w${worker}`;
  return {
    ...{ world, redis, nameOf },
    async startWorker(worker) {
      const who = nameOf(worker);
      const own = { ANTHROPIC_API_KEY: who, ROWMILL_DATA_DIR: join(world.folder, who) };
      const started = startRowmill(['worker', '--concurrency', `${ROWS_AT_ONCE}`], {
        ...{ cwd: world.folder, env: { ...world.env, ...shared, ...own } },
        within: within(network.workers[worker] ?? ''),
      });
      workers.push(started);
      names.set(started.pid, who);
      let said = '';
      started.child.stdout?.on('data', (text) => {
        said += text;
      });
      await until(() => said.includes('takes rows'), `worker ${who} takes rows`, {
        ...{ by: started, timeoutMs: 300_000, everyMs: 50 },
      });
      return started;
    },
    start: (...args) => world.start('coordinator', args, shared),
    toolCalls: () =>
      readdirSync(world.folder).flatMap((file) => {
        const [, pid] = /^count-(\d+)\.log$/.exec(file) ?? [];
        if (pid === undefined) return [];
        const lines = readFileSync(join(world.folder, file), 'utf8').split('\n').slice(0, -1);
        return lines.map((line) => {
          const [at = '', q = ''] = line.split(' ');
          return { q, who: names.get(Number(pid)) ?? pid, at: Number(at), delivered: true };
        });
      }),
    async close() {
      for (const { child } of workers) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await Promise.all(workers.map(({ ended }) => ended));
      await world.close();
      await redis.close();
    },
  };
}
