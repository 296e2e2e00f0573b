import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { auditBatch, sumAudits } from '../audit.ts';
import { billFigures, type Scenario, type ScenarioContext } from '../scenario.ts';
import { createWorld } from '../world.ts';
import { callsOf } from './faults.ts';
import { startOf } from './kills.ts';

const CONCURRENCY = 8;
/** What a process that drives a batch waits for at least, in milliseconds: see storage/sqlite/lock-wait.ts. */
const WAITED_FOR_MS = 55_000;

/** Another process holds the database's write lock, which is waited for; after a minute it is told. */
export const lock: Scenario = {
  name: 'lock',
  quick: true,
  async run(context) {
    const short = await holdLock(3_000, context);
    const long = context.quick ? undefined : await holdLock(20_000, context);
    const told = long === undefined ? '' : `, 20 s: ${long.told}`;
    const audits = [short.audit, ...(long === undefined ? [] : [long.audit])];
    return { figures: `held for 3 s: ${short.told}${told}; ${billFigures(sumAudits(audits))}` };
  },
};

async function holdLock(ms: number, { seed, violations }: ScenarioContext) {
  const world = await createWorld({ seed, latencyMs: [10, 60] });
  try {
    const table = await world.table(300);
    const start = startOf(table, CONCURRENCY);
    const one = world.start('first', start);
    await callsOf(world, 60, one.child);
    const holder = new DatabaseSync(`${world.env['ROWMILL_DATA_DIR']}/rowmill.db`);
    holder.exec('PRAGMA busy_timeout = 2000; BEGIN EXCLUSIVE');
    const lockedAt = performance.now();
    const sentBefore = world.modelCalls.length;
    await sleep(ms);
    const sentMeanwhile = world.modelCalls.length - sentBefore;
    holder.exec('ROLLBACK');
    // On a busy machine this process oversleeps, and what was to be held for 3 s may have been held for 15.
    const heldMs = performance.now() - lockedAt;
    holder.close();
    if (sentMeanwhile > CONCURRENCY)
      violations.push(`${sentMeanwhile} calls were sent while nothing could be journalled`);
    const ended = await one.ended;
    let told = 'waited for';
    let report = ended.json;
    if (ended.code !== 0) {
      const { message = '' } = (ended.json?.['error'] ?? {}) as { message?: string };
      if (!/is locked by another process\. Stop the program that holds it/.test(message)) {
        violations.push(`the lock of ${ms} ms was not told with its fix: exit ${ended.code}, ${message}`);
      }
      if (heldMs < WAITED_FOR_MS) violations.push(`a lock of ${Math.round(heldMs)} ms ended the process`);
      told = `exit ${ended.code} with the fix, resumed`;
      report = (await world.start('second', start).ended).json;
    }
    if (report === undefined) throw new Error(`It printed no document: ${one.stderr()}`);
    return { told, audit: await auditBatch(world, { table, report, inFlightAtKills: CONCURRENCY, violations }) };
  } finally {
    await world.close();
  }
}
