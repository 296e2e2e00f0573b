import { DatabaseSync } from 'node:sqlite';
import { FAILPOINTS, type FailpointName } from '../../../src/app/failpoints.ts';
import { INITIAL } from '../../../src/storage/sqlite/migrations/0001-initial.ts';
import { type Audit, auditBatch, sumAudits } from '../audit.ts';
import { callsBy } from '../kill-process.ts';
import { billFigures, type Scenario, type ScenarioContext } from '../scenario.ts';
import { createWorld, type World } from '../world.ts';
import { startOf } from './kills.ts';

const CONCURRENCY = 4;
const ROWS = 40;

/** What the failpoint is set to, and what is odd about a window. */
interface Window {
  failpoint: FailpointName;
  nth?: number;
  before?: (world: World) => void;
  /** In the short form too. */
  quick?: true;
}

const WINDOWS: Window[] = [
  { failpoint: 'migrating', before: makeFirstSchema, quick: true },
  { failpoint: 'created' },
  { failpoint: 'loading', quick: true },
  { failpoint: 'loaded' },
  { failpoint: 'claimed', nth: 5 },
  { failpoint: 'before-intent', nth: 17 },
  { failpoint: 'after-intent', nth: 18, quick: true },
  { failpoint: 'before-answer', nth: 19, quick: true },
  { failpoint: 'after-answer', nth: 20, quick: true },
  { failpoint: 'after-tool-intent', nth: 9 },
  { failpoint: 'before-tool-answer', nth: 10, quick: true },
  { failpoint: 'after-tool-answer', nth: 11 },
  { failpoint: 'before-finish', nth: 12 },
  { failpoint: 'after-finish', nth: 13, quick: true },
  { failpoint: 'after-finish', nth: ROWS },
  { failpoint: 'rows-done' },
  { failpoint: 'writing' },
  { failpoint: 'before-rename', quick: true },
  { failpoint: 'after-rename', quick: true },
  { failpoint: 'ended' },
];

/** A real process killed in each window that a crash can fall into, once. */
export const windows: Scenario = {
  name: 'windows',
  quick: true,
  async run(context) {
    const audits: Audit[] = [];
    const chosen = context.quick ? WINDOWS.filter(({ quick }) => quick) : WINDOWS;
    const todo = [...chosen];
    // Two at a time: most of a window's time is the start of its processes.
    const work = async () => {
      for (let next = todo.shift(); next !== undefined; next = todo.shift()) audits.push(await killIn(next, context));
    };
    await Promise.all([work(), work()]);
    return { figures: `killed in each of ${chosen.length} windows; ${billFigures(sumAudits(audits))}` };
  },
};

async function killIn({ failpoint, nth = 1, before }: Window, context: ScenarioContext): Promise<Audit> {
  const world = await createWorld({ seed: context.seed, latencyMs: [2, 20] });
  const violations: string[] = [];
  try {
    const table = await world.table(ROWS);
    before?.(world);
    const start = startOf(table, CONCURRENCY);
    const armed = { ROWMILL_TESTING: 'failpoints', ROWMILL_FAILPOINT: `${failpoint}:${nth}` };
    const killed = await world.start('killed', start, armed).ended;
    if (killed.signal !== 'SIGKILL') violations.push(`the window was not reached: exit ${killed.code}`);
    const [left] = failpoint === 'migrating' ? [] : await (await world.store()).listBatches({ limit: 1 });
    const inFlight = left?.totals.openCalls ?? 0;
    const kill = { who: 'killed', taken: callsBy(world, 'killed').filter((call) => call.delivered).length };
    const resumed = world.start('resumed', start);
    const { json } = await resumed.ended;
    if (json === undefined) throw new Error(`It was not resumed: ${resumed.stderr()}`);
    return await auditBatch(world, { table, report: json, inFlightAtKills: inFlight, kills: [kill], violations });
  } catch (thrown) {
    violations.push(String(thrown));
    throw thrown;
  } finally {
    context.violations.push(...violations.map((text) => `${failpoint} (${FAILPOINTS[failpoint]}): ${text}`));
    await world.close();
  }
}

/** A database as the first release left it. */
function makeFirstSchema(world: World): void {
  const db = new DatabaseSync(`${world.env['ROWMILL_DATA_DIR']}/rowmill.db`);
  db.exec(`PRAGMA journal_mode = WAL; ${INITIAL}; PRAGMA application_id = ${0x526f776d}; PRAGMA user_version = 1`);
  db.close();
}
