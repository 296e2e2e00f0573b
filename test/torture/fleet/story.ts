import { setTimeout as sleep } from 'node:timers/promises';
import { createPriceTable } from '../../../src/providers/prices/prices.ts';
import { type Report, type RowmillProcess, until } from '../../e2e/rowmill-process.ts';
import { auditBatch, type Violations } from '../audit.ts';
import { billFigures } from '../scenario.ts';
import type { Table } from '../world.ts';
import { mostWithin, unacknowledged } from './figures.ts';
import type { Network } from './network.ts';
import { createFleetWorld, type FleetWorld, ROWS_AT_ONCE } from './world.ts';

/** How many workers there are. */
export const WORKERS = 4;

/**
 * The full form, and the one for CI, in which a worker is cut off for most of each window. The tool allows 9,000 requests a
 * minute (five rows at a time, 200 ms each, two model calls a row): with half of it and less, the limit binds.
 */
const FULL = { rows: 20_000, cutMs: 20_000, windowMs: 60_000, requestsPerMinute: 4_200 };
const QUICK = { rows: 1_400, cutMs: 8_000, windowMs: 10_000, requestsPerMinute: 3_000 };
/** How much of the limit of the model may be passed within one window, and how much of it one window has to use. */
const OVER = 0.02;
const USED = 0.9;
/** The share of the price of all rows that the first cap allows. */
const CAP = 0.85;
/** A worker that is cut off sends nothing new after two seconds; its rows run elsewhere after six. */
const QUIET_MS = 2_500;

interface StoryOptions {
  network: Network;
  quick: boolean;
  seed: number;
  violations: Violations;
  progress: (step: string) => void;
}

interface Story extends StoryOptions {
  fleet: FleetWorld;
  table: Table;
  form: typeof FULL;
  workers: RowmillProcess[];
  coordinator: RowmillProcess;
  /** Calls that were sent and not acknowledged when a worker was killed or cut off. */
  mayRepeat: number;
}

/** One batch from its start to its end, with all that happens to it. @returns its figures */
export async function runStory(options: StoryOptions): Promise<string[]> {
  const form = options.quick ? QUICK : FULL;
  const { requestsPerMinute } = form;
  const fleet = await createFleetWorld(options.network, { seed: options.seed, requestsPerMinute });
  try {
    const table = await fleet.world.table(form.rows);
    const workers = await Promise.all(Array.from({ length: WORKERS }, (_, worker) => fleet.startWorker(worker)));
    const cap = CAP * priceOf(table);
    const args = ['run', table.name, '--agent', 'counter', '--out', table.out, '--json', '--yes'];
    const coordinator = fleet.start(...args, '--max-cost', cap.toFixed(6));
    const story: Story = { ...options, fleet, table, form, workers, coordinator, mayRepeat: 0 };
    const began = performance.now();
    await disturb(story);
    await reachCap(story, cap);
    const { json: report } = await story.coordinator.ended;
    const seconds = (performance.now() - began) / 1_000;
    if (report === undefined) throw new Error(`No report: ${story.coordinator.stderr()}`);
    return await judge(story, report, seconds);
  } finally {
    await fleet.close();
  }
}

/** What happens at which share of the rows. */
async function disturb(story: Story): Promise<void> {
  const { fleet } = story;
  const { redis } = fleet;
  const steps: [share: number, what: string, act: () => Promise<unknown>][] = [
    [0.08, 'a worker is killed', () => killWorker(story, 0)],
    [
      0.2,
      'Redis is killed, and started with its file',
      async () => {
        await redis.kill();
        await redis.start();
      },
    ],
    [0.3, `a worker is cut off for ${story.form.cutMs / 1_000} s`, () => partition(story, 2)],
    [0.5, 'the coordinator is killed', () => killCoordinator(story)],
    [0.62, 'another worker is killed', () => killWorker(story, 1)],
    [
      0.72,
      'Redis is killed, and started empty',
      async () => {
        await redis.kill();
        await redis.start();
        await redis.flush();
      },
    ],
  ];
  for (const [share, what, act] of steps) {
    const rows = Math.round(share * story.form.rows);
    await until(async () => (await done(story)) >= rows, `${rows} rows that are done`, {
      ...{ by: story.coordinator, timeoutMs: 600_000, everyMs: 200 },
    });
    story.progress(`${await done(story)} rows: ${what}`);
    await act();
  }
}

async function done({ fleet }: Story): Promise<number> {
  return (await (await fleet.world.store()).listBatches({ limit: 1 }))[0]?.totals.succeeded ?? 0;
}

async function idOf({ fleet }: Story): Promise<string> {
  return (await (await fleet.world.store()).listBatches({ limit: 1 }))[0]?.id ?? '';
}

async function countOpen(story: Story, worker: number): Promise<void> {
  const { fleet } = story;
  const who = fleet.nameOf(worker);
  const open = await unacknowledged(fleet.world, { batchId: await idOf(story), who, tools: fleet.toolCalls() });
  story.mayRepeat += open;
  if (open > ROWS_AT_ONCE) story.violations.push(`${who} had ${open} calls that were not acknowledged`);
  story.progress(`${open} calls of ${who} are not acknowledged`);
}

/** Stopped first, so that what it has sent can be counted. It starts again on its disk. */
async function killWorker(story: Story, worker: number): Promise<void> {
  const killed = story.workers[worker];
  killed?.child.kill('SIGSTOP');
  await countOpen(story, worker);
  killed?.child.kill('SIGKILL');
  await killed?.ended;
  story.workers[worker] = await story.fleet.startWorker(worker);
}

async function partition(story: Story, worker: number): Promise<void> {
  const { network, form } = story;
  network.cut(worker);
  await sleep(QUIET_MS);
  await countOpen(story, worker);
  await sleep(form.cutMs - QUIET_MS);
  network.heal(worker);
}

async function killCoordinator(story: Story): Promise<void> {
  story.coordinator.child.kill('SIGKILL');
  await story.coordinator.ended;
  story.coordinator = story.fleet.start('batches', 'resume', await idOf(story), '--json');
}

/** The batch stops at its cap. With more money it goes on to its end. */
async function reachCap(story: Story, cap: number): Promise<void> {
  const { json, code } = await story.coordinator.ended;
  const { violations, fleet } = story;
  if (json?.pause_reason !== 'budget' || code !== 4) {
    throw new Error(`It did not stop at its cap: ${JSON.stringify(json)} ${story.coordinator.stderr()}`);
  }
  const paid = fleet.world.modelCalls.reduce((sum, { costMicroUsd }) => sum + costMicroUsd, 0) / 1e6;
  story.progress(`paused at its cap: $${paid.toFixed(6)} of $${cap.toFixed(6)} are paid`);
  if (paid > cap) violations.push(`the cap of $${cap} was passed: $${paid}`);
  if (json.cost_usd_at_most > cap) violations.push(`the cap of $${cap} was passed: ${json.cost_usd_at_most} at most`);
  // What calls in flight may cost at most counts, too.
  if (paid < 0.9 * cap) violations.push(`it stopped far below its cap of $${cap}: $${paid}`);
  const set = await fleet.start('batches', 'set', json.batch_id, '--max-cost', '1000', '--json').ended;
  if (set.code !== 0) violations.push(`the cap was not raised: exit ${set.code}`);
  story.coordinator = fleet.start('batches', 'resume', json.batch_id, '--json');
}

async function judge(story: Story, report: Report, seconds: number): Promise<string[]> {
  const { fleet, table, form, violations, mayRepeat } = story;
  const { world } = fleet;
  world.toolCalls.push(...fleet.toolCalls());
  const audit = await auditBatch(world, { table, report, inFlightAtKills: mayRepeat, violations });
  const most = mostWithin(form.windowMs, world.modelCalls);
  const limit = (form.requestsPerMinute * form.windowMs) / 60_000;
  if (most > limit * (1 + OVER))
    violations.push(`${most} calls within ${form.windowMs / 1_000} s, the limit is ${limit}`);
  // Otherwise rows were slow for another reason, and nothing is proved of the limit.
  if (most < limit * USED) violations.push(`the limit of ${limit} calls never held any back: at most ${most}`);
  const used = new Set(world.modelCalls.map(({ who }) => who)).size;
  if (used !== WORKERS) violations.push(`${used} of ${WORKERS} workers ran rows`);
  return [
    billFigures(audit),
    `${mayRepeat} calls were not acknowledged at a cut, ${audit.repeatedModel + audit.repeatedTool} were repeated`,
    `at most ${most} calls within ${form.windowMs / 1_000} s, ${((most / limit) * 100).toFixed(1)} % of the limit of ${limit}`,
    `${(form.rows / seconds).toFixed(1)} rows/s over ${seconds.toFixed(0)} s, all that happened included`,
  ];
}

/** What the rows cost if nothing is sent twice, in dollars: as the model counts tokens. */
function priceOf({ rows }: Table): number {
  const prices = createPriceTable();
  const call = (q: string, turn: number) =>
    prices.priceOf('anthropic', 'claude-haiku-5-5', {
      ...{ inputTokens: 400 + 37 * turn + q.length + 1 + 2 * turn, outputTokens: 20 + turn },
      ...{ cacheWriteTokens: 0, cacheReadTokens: 0 },
    }) ?? Number.NaN;
  return rows.reduce((sum, [, q = '']) => sum + call(q, 0) + call(q, 1), 0) / 1e6;
}
