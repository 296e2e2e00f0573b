import type { DatabaseSync } from 'node:sqlite';
import type { StoredError } from '../../rows.ts';
import type {
  NewScheduleRun,
  ScheduleOutcome,
  ScheduleRun,
  ScheduleRunQuery,
  ScheduleStore,
  StartedBatch,
} from '../../schedules.ts';
import { LIMIT, prepare } from '../statement.ts';

type RunRow = Omit<ScheduleRun, 'started' | 'error'> & { started: string; error: string | null };

/** Runs that the history of a schedule keeps. */
const KEPT_RUNS = 1_000;

/** Begins a run; of a long history, the oldest runs are removed. Returns its id. */
export function prepareInsertScheduleRun(db: DatabaseSync): (run: NewScheduleRun) => number {
  const insert = prepare<{ id: number }>(
    db,
    `INSERT INTO schedule_runs (schedule, cause, due_at, started_at, state, started, process)
     VALUES (?, ?, ?, ?, 'running', '[]', ?) RETURNING id`,
  );
  const prune = prepare(
    db,
    `DELETE FROM schedule_runs WHERE schedule = ?1 AND id <=
       (SELECT id FROM schedule_runs WHERE schedule = ?1 ORDER BY id DESC LIMIT 1 OFFSET ${KEPT_RUNS})`,
  );
  return ({ schedule, cause, dueAt, startedAt, process }) => {
    const [row] = insert.all(schedule, cause, dueAt, startedAt, process);
    prune.run(schedule);
    return row?.id ?? 0;
  };
}

/** Moves a schedule to its next time and begins the run, unless another process did so before. */
export function prepareFireSchedule(
  db: DatabaseSync,
): (due: Parameters<ScheduleStore['fireSchedule']>[0], run: NewScheduleRun) => number | undefined {
  const move = prepare(db, 'UPDATE schedules SET next_at = ?3 WHERE name = ?1 AND next_at = ?2 AND enabled = 1');
  const insert = prepareInsertScheduleRun(db);
  return ({ name, from, to }, run) => (move.run(name, from, to) === 1 ? insert(run) : undefined);
}

/** Ends a run that has not ended. */
export function prepareEndScheduleRun(db: DatabaseSync): (id: number, outcome: ScheduleOutcome) => void {
  const end = prepare(
    db,
    `UPDATE schedule_runs SET ended_at = ?2, state = ?3, started = ?4, error = ?5 WHERE id = ?1 AND state = 'running'`,
  );
  return (id, { at, started, error }) => {
    const state = error === null ? 'succeeded' : 'failed';
    end.run(id, at, state, JSON.stringify(started), error === null ? null : JSON.stringify(error));
  };
}

/** Runs, the newest first. */
export function prepareListScheduleRuns(db: DatabaseSync): (query: ScheduleRunQuery) => ScheduleRun[] {
  const list = prepare<RunRow>(
    db,
    `SELECT id, schedule, cause, due_at AS dueAt, started_at AS startedAt, ended_at AS endedAt, state, started, error,
       process
     FROM schedule_runs
     WHERE (?1 IS NULL OR schedule = ?1) AND (?2 IS NULL OR state = ?2) AND (?3 IS NULL OR id < ?3)
       AND (?4 IS NULL OR ended_at >= ?4)
     ORDER BY id DESC ${LIMIT}`,
  );
  return ({ schedule = null, state = null, before = null, since = null, limit }) =>
    list.all(schedule, state, before, since, limit).map(toRun);
}

function toRun({ started, error, ...row }: RunRow): ScheduleRun {
  return {
    ...row,
    started: JSON.parse(started) as StartedBatch[],
    error: error === null ? null : (JSON.parse(error) as StoredError),
  };
}
