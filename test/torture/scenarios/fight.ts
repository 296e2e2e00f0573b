import { setTimeout as sleep } from 'node:timers/promises';
import type { RowmillProcess } from '../../e2e/rowmill-process.ts';
import { stopProcess } from '../../e2e/stop-process.ts';
import { type Audit, auditBatch, sumAudits, type Violations } from '../audit.ts';
import { billFigures, type Scenario, type ScenarioContext } from '../scenario.ts';
import { createWorld, type World } from '../world.ts';
import { callsOf } from './faults.ts';
import { startOf } from './kills.ts';

const CONCURRENCY = 8;
/** Longer than a lease lasts without a heartbeat, in milliseconds. */
const STOPPED_MS = 20_000;
/** Longer also than a process waits for a lock that does not drive a batch: see storage/sqlite/lock-wait.ts. */
const LOCKED_MS = 36_000;

/** Two processes fight for one batch, and processes are stopped for longer than their lease lasts. */
export const fight: Scenario = {
  name: 'fight',
  quick: true,
  async run(context) {
    const brawl = await fightInLoops(context);
    if (context.quick) return { figures: `${brawl.told}; ${billFigures(brawl.audit)}` };
    const stops = await Promise.all([
      stopAndTakeOver(context, {}),
      // It stops itself just between the commit of an intent and its sending.
      stopAndTakeOver(context, { ROWMILL_TESTING: 'failpoints', ROWMILL_FAILPOINT: 'after-intent:50:stop' }),
      stopInTransaction(context),
      stopAlone(context),
    ]);
    const all = [brawl, ...stops];
    return {
      figures: `${all.map(({ told }) => told).join('; ')}; ${billFigures(sumAudits(all.map(({ audit }) => audit)))}`,
    };
  },
};

interface Told {
  told: string;
  audit: Audit;
}

async function fightInLoops({ seed, quick, violations }: ScenarioContext): Promise<Told> {
  const world = await createWorld({ seed, latencyMs: [5, 40] });
  try {
    const table = await world.table(quick ? 120 : 400);
    const { json } = await world.start('sample', [...startOf(table, CONCURRENCY), '--sample', '2']).ended;
    const id = json?.batch_id ?? '';
    const endings: string[] = [];
    let isOver = false;
    const loop = async (name: string) => {
      for (let round = 0; !isOver; round += 1) {
        if (round > 60)
          throw new Error(`The batch did not come to its end in 60 rounds: ${endings.slice(-20).join(', ')}`);
        const one = world.start(`${name}${round}`, ['batches', 'resume', id]);
        await senderOrFollower(world, one, `${name}${round}`);
        await Promise.race([one.ended, hasHadItsTurn(world, `${name}${round}`, table.rows.length / 2)]);
        // A pause hands over in peace; a kill does not, and who follows goes on with the batch.
        if (one.child.exitCode === null) one.child.kill(world.random() < 0.3 ? 'SIGINT' : 'SIGKILL');
        const { code, signal } = await one.ended;
        endings.push(`${name}${round} ${code ?? signal}`);
        if (code === 0) isOver = true;
      }
    };
    await Promise.all([loop('a'), loop('b')]);
    const report = await world.json('batches', 'show', id);
    const senders = checkTurns(world, violations);
    const audit = await auditBatch(world, { table, report, violations });
    return { told: `${endings.length} processes fought, ${senders} of them sent, one at a time`, audit };
  } finally {
    await world.close();
  }
}

/**
 * A random time for who follows, and for who sends a random number of requests: by time alone, on a busy machine, each
 * would be killed before it has stored an answer, and the batch never come to its end.
 */
async function hasHadItsTurn(world: World, who: string, most: number): Promise<void> {
  const calls = 1 + world.random() * most;
  const deadline = performance.now() + 20_000;
  await sleep(world.random() * 2_000);
  while (sentBy(world, who) > 0 && sentBy(world, who) < calls && performance.now() < deadline) await sleep(20);
}

/** Waits until a process sends, or has found that another does. */
async function senderOrFollower(world: World, { child, stderr }: RowmillProcess, who: string): Promise<void> {
  const isWaiting = () =>
    sentBy(world, who) === 0 && !stderr().includes('showing its progress') && child.exitCode === null;
  for (const deadline = performance.now() + 20_000; isWaiting() && performance.now() < deadline; ) await sleep(20);
}

/** Nobody sends between the first and the last request of another. Resolves to the number of senders. */
function checkTurns({ modelCalls, toolCalls }: World, violations: Violations): number {
  const spans = new Map<string, { first: number; last: number }>();
  for (const { who, at } of [...modelCalls, ...toolCalls]) {
    const span = spans.get(who) ?? { first: at, last: at };
    spans.set(who, { first: Math.min(span.first, at), last: Math.max(span.last, at) });
  }
  const inOrder = [...spans].toSorted(([, one], [, other]) => one.first - other.first);
  inOrder.forEach(([who, { last }], index) => {
    const [next, span] = inOrder[index + 1] ?? [];
    if (span !== undefined && span.first < last) violations.push(`${who} and ${next} sent at the same time`);
  });
  return spans.size;
}

/**
 * Stops a process inside a write transaction. Another one cannot take over until that one goes on; it waits, and either
 * of them ends the batch.
 */
async function stopInTransaction({ seed, violations }: ScenarioContext): Promise<Told> {
  const world = await createWorld({ seed, latencyMs: [30, 120] });
  try {
    const table = await world.table(400);
    const first = world.start('first', startOf(table, CONCURRENCY));
    await callsOf(world, 45, first.child);
    await stopProcess(first, world, 'inside');
    const stoppedAt = performance.now();
    const [batch] = await (await world.store()).listBatches({ limit: 1 });
    const inFlight = (batch?.totals.openCalls ?? 0) + CONCURRENCY;
    const second = await takeOver(world, batch?.id ?? '');
    if (sentBy(world, 'second') > 0) violations.push('the second process sent without the lock');
    await sleep(Math.max(0, stoppedAt + LOCKED_MS - performance.now()));
    first.child.kill('SIGCONT');
    const { code } = await first.ended;
    const { json: report, code: secondCode } = await second.ended;
    if (report === undefined || secondCode !== 0) throw new Error(`It ended with ${secondCode}: ${second.stderr()}`);
    if (!second.stderr().includes('locks the database'))
      violations.push('the second process did not say what it waits for');
    if (code !== 0 && code !== 1) violations.push(`the first process ended with ${code}: ${first.stderr()}`);
    checkTurns(world, violations);
    const audit = await auditBatch(world, { table, report, inFlightAtKills: inFlight, violations });
    const end = code === 0 ? 'gone on with' : 'taken over';
    return { told: `stopped ${LOCKED_MS / 1000} s in a transaction: waited for, then ${end}`, audit };
  } finally {
    await world.close();
  }
}

async function stopAndTakeOver({ seed, violations }: ScenarioContext, armed: Record<string, string>): Promise<Told> {
  const world = await createWorld({ seed, latencyMs: [30, 120] });
  try {
    const table = await world.table(400);
    const first = world.start('first', startOf(table, CONCURRENCY), armed);
    await callsOf(world, 45, first.child);
    const isOwn = Object.keys(armed).length > 0;
    if (isOwn) await sleep(1_500);
    else await stopProcess(first, world, 'outside');
    const stoppedAt = performance.now();
    const [batch] = await (await world.store()).listBatches({ limit: 1 });
    const inFlight = batch?.totals.openCalls ?? 0;
    const second = await takeOver(world, batch?.id ?? '');
    const sentBefore = sentBy(world, 'first');
    await sleep(Math.max(0, STOPPED_MS - (performance.now() - stoppedAt)));
    first.child.kill('SIGCONT');
    const { code } = await first.ended;
    if (code !== 1) violations.push(`the process that was stopped ended with ${code}: ${first.stderr()}`);
    const { json: report } = await second.ended;
    if (report === undefined) throw new Error(`It printed no document: ${second.stderr()}`);
    const sentAfter = sentBy(world, 'first') - sentBefore;
    if (sentAfter > 0) violations.push(`the process that was stopped sent ${sentAfter} requests after SIGCONT`);
    const audit = await auditBatch(world, { table, report, inFlightAtKills: inFlight, violations });
    return { told: `stopped 20 s${isOwn ? ' before a send' : ''} and taken over: ${sentAfter} sent after`, audit };
  } finally {
    await world.close();
  }
}

const WAITS = 'another process locks the database';

/** Tries until the silent owner's lease has lapsed; then waits until the new one sends, or says that it waits. */
async function takeOver(world: World, id: string): Promise<RowmillProcess> {
  const store = await world.store();
  while (!(await store.listLapsedBatches()).includes(id)) await sleep(50);
  const second = world.start('second', ['batches', 'resume', id, '--json'], { ROWMILL_LOG_LEVEL: 'warn' });
  const isThere = () => sentBy(world, 'second') >= 5 || second.stderr().includes(WAITS);
  while (!isThere() && second.child.exitCode === null) await sleep(10);
  return second;
}

function sentBy({ modelCalls, toolCalls }: World, who: string): number {
  return [...modelCalls, ...toolCalls].filter((call) => call.who === who).length;
}

/** A laptop that slept, with nobody else there: the same process goes on. */
async function stopAlone({ seed, violations }: ScenarioContext): Promise<Told> {
  const world = await createWorld({ seed, latencyMs: [30, 120] });
  try {
    const table = await world.table(300);
    const one = world.start('alone', startOf(table, CONCURRENCY));
    await callsOf(world, 45, one.child);
    one.child.kill('SIGSTOP');
    const [batch] = await (await world.store()).listBatches({ limit: 1 });
    await sleep(STOPPED_MS);
    one.child.kill('SIGCONT');
    const { json, code } = await one.ended;
    if (code !== 0) violations.push(`alone, it ended with ${code} after its sleep: ${one.stderr()}`);
    if (json === undefined) throw new Error(`It printed no document: ${one.stderr()}`);
    const inFlight = batch?.totals.openCalls ?? 0;
    return {
      told: 'alone: gone on',
      audit: await auditBatch(world, { table, report: json, inFlightAtKills: inFlight, violations }),
    };
  } finally {
    await world.close();
  }
}
