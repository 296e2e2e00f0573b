import type { RowmillProcess } from '../../e2e/rowmill-process.ts';
import { type Audit, auditBatch, sumAudits } from '../audit.ts';
import { type Kill, killProcess } from '../kill-process.ts';
import { billFigures, type Scenario, type ScenarioContext } from '../scenario.ts';
import { createWorld, type Table, type World } from '../world.ts';

const CONCURRENCY = 16;
/** As many answers at once as make a burst: the calls that a kill repeats are few all the same. */
const WIDE: Killing = { concurrency: 100, latencyMs: [50, 50] };
const USUAL: Killing = { concurrency: CONCURRENCY, latencyMs: [2, 40] };
/** How long a process may be given before it is killed, in milliseconds. */
const LONGEST_MS = 1_500;

interface Killing {
  concurrency: number;
  latencyMs: readonly [number, number];
}

/** A real process killed by SIGKILL at random moments, and its batch taken up again in each of the ways there are. */
export const kills: Scenario = {
  name: 'kills',
  quick: true,
  async run(context) {
    const audits: Audit[] = [];
    let landed = 0;
    let inFlight = 0;
    for (const [killing, kills, rows] of [
      [USUAL, context.quick ? 4 : 30, context.quick ? 200 : 400],
      [WIDE, context.quick ? 3 : 12, 800],
    ] as const) {
      const world = await createWorld({ seed: context.seed, latencyMs: killing.latencyMs });
      const most = landed + kills;
      try {
        while (landed < most) {
          const given = { context, rows, kills: Math.min(5, most - landed), concurrency: killing.concurrency };
          const one = await killBatch(world, given);
          audits.push(one.audit);
          landed += one.kills;
          inFlight += one.inFlight;
        }
      } finally {
        await world.close();
      }
    }
    const text = `${landed} kills over ${audits.length} batches, ${inFlight} calls in flight at them`;
    return { figures: `${text}; ${billFigures(sumAudits(audits))}` };
  },
};

async function killBatch(
  world: World,
  { context, rows, kills, concurrency }: { context: ScenarioContext; rows: number; kills: number; concurrency: number },
): Promise<{ audit: Audit; kills: number; inFlight: number }> {
  const { random, violations } = { ...world, ...context };
  const table = await world.table(rows);
  const store = await world.store();
  const keyed = startOf(table, concurrency);
  const killed: Kill[] = [];
  let id: string | undefined;
  let inFlight = 0;
  for (let attempt = 0; killed.length < kills && attempt < 2 * kills; attempt += 1) {
    const ways = [keyed, ...(id === undefined ? [] : [['batches', 'resume', id, '--json'], ['runner']])];
    const who = `${table.name}-${attempt}`;
    const one = world.start(who, ways[Math.floor(random() * ways.length)] ?? keyed);
    if (!(await reachRandomMoment(world, one, 2 * rows))) break;
    killed.push(await killProcess(world, one, who));
    const [batch] = await store.listBatches({ limit: 1 });
    if (batch?.idempotencyKey !== table.name) continue;
    id = batch.id;
    const left = batch.totals.openCalls - inFlight;
    if (left > concurrency) violations.push(`${table.name}: a kill left ${left} calls open, of ${concurrency} rows`);
    inFlight = batch.totals.openCalls;
    context.progress(`${table.name}: kill ${killed.length}, ${batch.status}, ${batch.totals.succeeded} rows done`);
  }
  const last = world.start(`${table.name}-last`, keyed);
  const { json } = await last.ended;
  if (json === undefined) throw new Error(`${table.name} printed no document: ${last.stderr()}`);
  const report = json.status === 'completed' ? json : await world.json('batches', 'resume', json.batch_id);
  const audit = await auditBatch(world, { table, report, inFlightAtKills: inFlight, kills: killed, violations });
  return { audit, kills: killed.length, inFlight };
}

export function startOf(table: Table, concurrency: number = CONCURRENCY): string[] {
  return [
    ...[
      'run',
      table.name,
      '--agent',
      'counter',
      '--out',
      table.out,
      '--overwrite',
      '--concurrency',
      String(concurrency),
    ],
    ...['--idempotency-key', table.name, '--json'],
  ];
}

/** Waits for a random number of calls or a random time; resolves to whether the process is still there. */
async function reachRandomMoment(world: World, one: RowmillProcess, total: number): Promise<boolean> {
  const { random, modelCalls } = world;
  const byCalls = random() < 0.6;
  const until = modelCalls.length + 1 + Math.floor(random() * 0.3 * total);
  const deadline = performance.now() + (byCalls ? 15_000 : 100 + random() * LONGEST_MS);
  const isRunning = () => one.child.exitCode === null && one.child.signalCode === null;
  while (isRunning() && performance.now() < deadline && !(byCalls && modelCalls.length >= until)) {
    await new Promise((resolve) => setTimeout(resolve, random() * 10));
  }
  return isRunning();
}
