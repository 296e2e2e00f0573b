import { DatabaseSync } from 'node:sqlite';
import { type Audit, auditBatch } from '../audit.ts';
import { billFigures, type Scenario, type ScenarioContext } from '../scenario.ts';
import { createWorld, type World } from '../world.ts';
import { startOf } from './kills.ts';

/** More than one page of pruning (200 rows) and more than one portion of deleting (500 entries). */
const ROWS = 420;
const armed = (failpoint: string) => ({ ROWMILL_TESTING: 'failpoints', ROWMILL_FAILPOINT: failpoint });

/** A process killed while it prunes the bodies of a journal, and while it deletes a batch: the next one finishes that. */
export const house: Scenario = {
  name: 'house',
  quick: false,
  async run(context) {
    const world = await createWorld({ seed: context.seed, latencyMs: [0, 5] });
    try {
      const { id, audit, kept } = await killWhilePruning(world, context);
      const left = await killWhileDeleting(world, id, context);
      const figures = `pruning killed with ${kept} bodies left, deleting with ${left} entries left: none after`;
      return { figures: `${figures}; ${billFigures(audit)}` };
    } finally {
      await world.close();
    }
  },
};

async function killWhilePruning(
  world: World,
  { violations }: ScenarioContext,
): Promise<{ id: string; audit: Audit; kept: number }> {
  const table = await world.table(ROWS);
  const start = [...startOf(table), '--trace', 'none'];
  const first = world.start('first', start, armed('pruning'));
  if ((await first.ended).signal === null) {
    // The table is done before bodies are pruned: whoever keeps house next prunes.
    const killed = await world.start('killed', ['runner'], armed('pruning')).ended;
    if (killed.signal !== 'SIGKILL') violations.push(`no process was killed while it pruned: exit ${killed.code}`);
  }
  const bodies = `SELECT count(*) AS count FROM journal_answers WHERE response <> ''`;
  const kept = countIn(world, bodies);
  if (kept === 0) violations.push('nothing was left to prune at the kill');
  const { json } = await world.start('again', start).ended;
  if (json === undefined) throw new Error('It was not shown again.');
  await world.start('house', ['runner']).ended;
  const after = countIn(world, bodies);
  if (after > 0) violations.push(`${after} bodies are left after the next process kept house`);
  return {
    id: json.batch_id,
    kept,
    audit: await auditBatch(world, { table, report: json, inFlightAtKills: 0, violations }),
  };
}

async function killWhileDeleting(world: World, id: string, { violations }: ScenarioContext): Promise<number> {
  const killed = await world.start('delete', ['batches', 'delete', id, '--yes', '--json'], armed('sweeping')).ended;
  if (killed.signal !== 'SIGKILL') violations.push(`it was not killed while it deleted: exit ${killed.code}`);
  const entries = 'SELECT count(*) AS count FROM journal_entries';
  const left = countIn(world, entries);
  if (left === 0) violations.push('nothing was left to delete at the kill');
  const shown = await world.json('batches', 'list');
  if (shown.batches?.length !== 0) violations.push(`a deleted batch is listed: ${JSON.stringify(shown.batches)}`);
  await world.start('house', ['runner']).ended;
  for (const name of ['journal_entries', 'journal_answers', 'row_sources', 'row_states', 'batches']) {
    const count = countIn(world, `SELECT count(*) AS count FROM ${name}`);
    if (count > 0) violations.push(`${count} of ${name} are left of the deleted batch`);
  }
  const check = countIn(world, `SELECT count(*) AS count FROM pragma_integrity_check WHERE integrity_check <> 'ok'`);
  if (check > 0) violations.push('integrity_check finds faults after the deletion');
  return left;
}

function countIn(world: World, sql: string): number {
  const db = new DatabaseSync(`${world.env['ROWMILL_DATA_DIR']}/rowmill.db`, { readOnly: true });
  try {
    return Number(db.prepare(sql).get()?.['count']);
  } finally {
    db.close();
  }
}
