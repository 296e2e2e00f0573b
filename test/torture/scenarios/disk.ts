import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { auditBatch, sumAudits } from '../audit.ts';
import { billFigures, type Scenario, type ScenarioContext } from '../scenario.ts';
import { createWorld, type World } from '../world.ts';
import { startOf } from './kills.ts';

const run = promisify(execFile);
const CONCURRENCY = 16;

/** The disk is full: under the database while rows are at work, and under the table while it is written. */
export const disk: Scenario = {
  name: 'disk',
  quick: true,
  async run(context) {
    const world = await createWorld({ seed: context.seed, latencyMs: [1, 10] });
    try {
      const reason = await mount(join(world.folder, 'data'), '2m');
      if (reason !== undefined) return { skipped: `a small file system can't be mounted here (${reason.trim()})` };
      const database = await fillDatabase(world, context).finally(() => unmount(join(world.folder, 'data')));
      const output = await fillOutput(context);
      const figures = `database: ${database.told}; table: ${output.told}; both gone on with after space was made`;
      return { figures: `${figures}; ${billFigures(sumAudits([database.audit, output.audit]))}` };
    } finally {
      await world.close();
    }
  },
};

async function fillDatabase(world: World, { quick, violations }: ScenarioContext) {
  const table = await world.table(quick ? 600 : 2_000);
  const start = startOf(table, CONCURRENCY);
  const { code, json } = await world.start('first', start).ended;
  const { message = '' } = (json?.['error'] ?? {}) as { message?: string };
  if (code !== 1 || !/the disk is full\. Free some space/.test(message)) {
    violations.push(`a full disk under the database: exit ${code}, ${JSON.stringify(json)}`);
  }
  // Nothing is sent while nothing can be journalled.
  const sent = world.modelCalls.length;
  const again = await world.start('still-full', start).ended;
  if (again.code === 0) violations.push('it went on with a full disk');
  const inFlight = CONCURRENCY + (world.modelCalls.length - sent);
  if (inFlight > 2 * CONCURRENCY) violations.push(`${inFlight - CONCURRENCY} calls were sent with a full disk`);
  await run('mount', ['-o', 'remount,size=256m', join(world.folder, 'data')]);
  const last = world.start('last', start);
  const { json: report } = await last.ended;
  if (report === undefined) throw new Error(`It was not gone on with: ${last.stderr()}`);
  const told = `exit ${code}, "${message.slice(message.indexOf('could not'))}"`;
  return { told, audit: await auditBatch(world, { table, report, inFlightAtKills: inFlight, violations }) };
}

async function fillOutput({ seed, violations }: ScenarioContext) {
  const world = await createWorld({ seed, latencyMs: [0, 2] });
  const out = join(world.folder, 'out');
  try {
    const reason = await mount(out, '64k');
    if (reason !== undefined) throw new Error(reason);
    // Room for the small table itself, and not beside something else.
    await writeFile(join(out, 'other'), Buffer.alloc(60 * 1024));
    const table = await world.table(300);
    const start = startOf(table, CONCURRENCY);
    const { code, json } = await world.start('first', start).ended;
    const { message = '' } = (json?.['error'] ?? {}) as { message?: string };
    if (code !== 4 || json?.status !== 'paused' || !/No space is left .* free some/.test(message)) {
      violations.push(`a full disk under the table: exit ${code}, ${JSON.stringify(json)}`);
    }
    const beside = (await run('ls', ['-A', out])).stdout.trim();
    if (beside !== 'other') violations.push(`left on the full disk: ${beside}`);
    await run('mount', ['-o', 'remount,size=1m', out]);
    const resume = ['batches', 'resume', json?.batch_id ?? '', '--json'];
    const last = world.start('last', resume);
    const { json: report } = await last.ended;
    if (report === undefined) throw new Error(`It was not gone on with: ${last.stderr()}`);
    const told = `paused, exit ${code}`;
    return { told, audit: await auditBatch(world, { table, report, inFlightAtKills: 0, violations }) };
  } finally {
    await unmount(out);
    await world.close();
  }
}

/** Resolves to the reason why it can't be mounted. */
async function mount(folder: string, size: string): Promise<string | undefined> {
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=700`, 'tmpfs', folder]);
    return undefined;
  } catch (thrown) {
    return thrown instanceof Error && 'stderr' in thrown && thrown.stderr !== ''
      ? String(thrown.stderr)
      : String(thrown);
  }
}

/** The store of the world holds files open there: `-l` lets go of them when it is closed. */
async function unmount(folder: string): Promise<void> {
  await run('umount', ['-l', folder]);
}
