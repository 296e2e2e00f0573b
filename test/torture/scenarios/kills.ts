import type { RowmillProcess } from '../../e2e/rowmill-process.ts';
import { type Audit, auditBatch, sumAudits } from '../audit.ts';
import { billFigures, type Scenario, type ScenarioContext } from '../scenario.ts';
import { createWorld, type Table, type World } from '../world.ts';

const CONCURRENCY = 16;
/** How long a process may be given before it is killed, in milliseconds. */
const LONGEST_MS = 1_500;

/** A real process killed by SIGKILL at random moments, and its batch taken up again in each of the ways there are. */
export const kills: Scenario = {
  name: 'kills',
  quick: true,
  async run(context) {
    const [kills, rows] = context.quick ? [4, 200] : [30, 400];
    const world = await createWorld({ seed: context.seed, latencyMs: [2, 40] });
    try {
      const audits: Audit[] = [];
      let done = 0;
      let inFlight = 0;
      while (done < kills) {
        const one = await killBatch(world, { context, rows, kills: Math.min(5, kills - done) });
        audits.push(one.audit);
        done += one.kills;
        inFlight += one.inFlight;
      }
      const text = `${done} kills over ${audits.length} ${audits.length === 1 ? 'batch' : 'batches'}, ${inFlight} calls in flight at them`;
      return { figures: `${text}; ${billFigures(sumAudits(audits))}` };
    } finally {
      await world.close();
    }
  },
};

async function killBatch(
  world: World,
  { context, rows, kills }: { context: ScenarioContext; rows: number; kills: number },
): Promise<{ audit: Audit; kills: number; inFlight: number }> {
  const { random, violations } = { ...world, ...context };
  const table = await world.table(rows);
  const store = await world.store();
  const keyed = startOf(table);
  let id: string | undefined;
  let landed = 0;
  let inFlight = 0;
  for (let attempt = 0; landed < kills && attempt < 2 * kills; attempt += 1) {
    const ways = [keyed, ...(id === undefined ? [] : [['batches', 'resume', id, '--json'], ['runner']])];
    const one = world.start(`${table.name}-${attempt}`, ways[Math.floor(random() * ways.length)] ?? keyed);
    if (!(await killAtRandom(world, one, 2 * rows))) break;
    landed += 1;
    const [batch] = await store.listBatches({ limit: 1 });
    if (batch?.idempotencyKey !== table.name) continue;
    id = batch.id;
    const left = batch.totals.openCalls - inFlight;
    if (left > CONCURRENCY) violations.push(`${table.name}: a kill left ${left} calls open, of ${CONCURRENCY} rows`);
    inFlight = batch.totals.openCalls;
    context.progress(`${table.name}: kill ${landed}, ${batch.status}, ${batch.totals.succeeded} rows done`);
  }
  const last = world.start(`${table.name}-last`, keyed);
  const { json } = await last.ended;
  if (json === undefined) throw new Error(`${table.name} printed no document: ${last.stderr()}`);
  const report = json.status === 'completed' ? json : await world.json('batches', 'resume', json.batch_id);
  const audit = await auditBatch(world, { table, report, inFlightAtKills: inFlight, violations });
  return { audit, kills: landed, inFlight };
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

/** Kills after a random number of calls or a random time; resolves to whether the process was still there. */
async function killAtRandom(world: World, one: RowmillProcess, total: number): Promise<boolean> {
  const { random, modelCalls } = world;
  const byCalls = random() < 0.6;
  const until = modelCalls.length + 1 + Math.floor(random() * 0.3 * total);
  const deadline = performance.now() + (byCalls ? 15_000 : 100 + random() * LONGEST_MS);
  const isRunning = () => one.child.exitCode === null && one.child.signalCode === null;
  while (isRunning() && performance.now() < deadline && !(byCalls && modelCalls.length >= until)) {
    await new Promise((resolve) => setTimeout(resolve, random() * 10));
  }
  if (!isRunning()) return false;
  one.child.kill('SIGKILL');
  await one.ended;
  return true;
}
