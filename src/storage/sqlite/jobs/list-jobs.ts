import type { DatabaseSync } from 'node:sqlite';
import type { JobRecord, JobState, JobStore } from '../../jobs.ts';
import { idRange } from '../rows/row-id.ts';
import { FAILED, QUEUED, RUNNING, SUCCEEDED } from '../rows/row-record.ts';
import { LIMIT, prepare, type Statement } from '../statement.ts';
import { type JobRow, SELECT_JOB, toJobRecord } from './read-jobs.ts';

type Options = Parameters<JobStore['listJobs']>[0];

/** Up to this many jobs of a state are found through their batches, which reads those jobs and no others. */
const RARE = 10_000;

const OVER = "b.status IN ('completed', 'failed', 'cancelled')";

/** The jobs of a state, as {@link jobStateOf} has it: by the status of their rows and batches, or by their ending. */
interface Condition {
  rows?: { status: number; total: string; batch: string };
  ending?: 'cancelled' | 'expired';
}

const STATES: { [state in JobState]: Condition } = {
  waiting: { rows: { status: QUEUED, total: 'queued', batch: "b.status = 'collecting'" } },
  queued: { rows: { status: QUEUED, total: 'queued', batch: `b.status <> 'collecting' AND NOT ${OVER}` } },
  running: { rows: { status: RUNNING, total: 'running', batch: 'TRUE' } },
  succeeded: { rows: { status: SUCCEEDED, total: 'succeeded', batch: 'TRUE' } },
  failed: { rows: { status: FAILED, total: 'failed', batch: 'TRUE' } },
  cancelled: { rows: { status: QUEUED, total: 'queued', batch: OVER }, ending: 'cancelled' },
  expired: { ending: 'expired' },
};

const FILTER = `(?2 IS NULL OR j.owner = ?2) AND (?3 IS NULL OR j.queue IN (SELECT key FROM queues WHERE agent = ?3))`;

/** Newest first. A rare state is found without reading the jobs of others. */
export function prepareListJobs(db: DatabaseSync): (options: Options) => JobRecord[] {
  const keyOf = prepare<{ key: number }>(db, 'SELECT key FROM jobs WHERE id = ?');
  const inOrder = preparePerText<JobRow>(db);
  const rare = prepareRareKeys(db);
  const byKey = prepare<JobRow>(db, `${SELECT_JOB} AND j.key = ?`);
  return ({ owner, agent, state, before, limit }) => {
    const below = before === undefined ? Number.MAX_SAFE_INTEGER : (keyOf.get(before)?.key ?? 0);
    const filter = [below, owner ?? null, agent ?? null];
    const keys = state === undefined ? undefined : rare(STATES[state], filter, limit);
    if (keys !== undefined) return keys.flatMap((key) => byKey.all(key)).map(toJobRecord);
    const more = state === undefined ? '' : ` AND ${conditionOf(STATES[state])}`;
    // With an owner, the index has its jobs in the order of their keys.
    const source = owner === undefined ? SELECT_JOB : SELECT_JOB.replace('jobs j', 'jobs j INDEXED BY jobs_owner');
    const own = owner === undefined ? '' : ' AND j.owner = ?2';
    const end = `ORDER BY j.key DESC ${LIMIT.replace('?', '?4')}`;
    return inOrder(`${source} AND j.key < ?1${own} AND ${FILTER}${more} ${end}`)
      .all(...filter, limit)
      .map(toJobRecord);
  };
}

function conditionOf({ rows, ending }: Condition): string {
  const byRow = rows === undefined ? 'FALSE' : `(j.ending IS NULL AND s.status = ${rows.status} AND ${rows.batch})`;
  return ending === undefined ? byRow : `(j.ending = '${ending}' OR ${byRow})`;
}

/** The keys of the newest jobs of a state, newest first; undefined when the state has many jobs. */
function prepareRareKeys(db: DatabaseSync) {
  const counted = preparePerText<{ key: number; jobs: number }>(db);
  const ofBatch = prepare<{ key: number }>(
    db,
    `SELECT j.key FROM row_states s INDEXED BY row_states_status CROSS JOIN jobs j INDEXED BY jobs_row ON j.row = s.id
     WHERE s.status = ?4 AND s.id >= ?5 AND s.id < ?6 AND j.key < ?1 AND ${FILTER}`,
  );
  const ended = prepare<{ key: number }>(
    db,
    `SELECT j.key FROM jobs j INDEXED BY jobs_ending
     WHERE j.ending IS NOT NULL AND j.ending = ?4 AND j.key < ?1 AND ${FILTER} ORDER BY j.key DESC LIMIT ?5 + 0`,
  );
  return ({ rows, ending }: Condition, filter: (number | string | null)[], limit: number): number[] | undefined => {
    const keys = ending === undefined ? [] : ended.all(...filter, ending, limit).map(({ key }) => key);
    if (rows !== undefined) {
      const batches = counted(
        `SELECT b.key, t.${rows.total} AS jobs
         FROM batches b INDEXED BY batches_of_jobs JOIN batch_totals t ON t.batch = b.key
         WHERE b.queue IS NOT NULL AND t.${rows.total} > 0 AND ${rows.batch}`,
      ).all();
      if (batches.reduce((sum, { jobs }) => sum + jobs, 0) > RARE) return undefined;
      for (const batch of batches) {
        const { first, end } = idRange(batch.key);
        for (const { key } of ofBatch.all(...filter, rows.status, first, end)) keys.push(key);
      }
    }
    return keys.sort((a, b) => b - a).slice(0, limit);
  };
}

/** Statements that are prepared when their text is first used: most processes list no jobs. */
function preparePerText<Row>(db: DatabaseSync): (text: string) => Statement<Row> {
  const known = new Map<string, Statement<Row>>();
  return (text) => {
    const statement = known.get(text) ?? prepare<Row>(db, text);
    known.set(text, statement);
    return statement;
  };
}
