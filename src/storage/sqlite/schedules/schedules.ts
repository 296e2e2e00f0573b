import type { DatabaseSync } from 'node:sqlite';
import type { JsonObject } from '../../../protocol/messages.ts';
import type { ScheduleChange, ScheduleRecord } from '../../schedules.ts';
import { prepare } from '../statement.ts';

type ScheduleRow = Omit<ScheduleRecord, 'work' | 'isEnabled'> & { work: string; enabled: 0 | 1 };

const COLUMNS = `name, cron, time_zone AS timeZone, work, owner, enabled, next_at AS nextAt, created_at AS createdAt,
  updated_at AS updatedAt`;

/** One schedule, all by name, and those that are due. */
export function prepareReadSchedules(db: DatabaseSync): {
  one: (name: string) => ScheduleRecord | undefined;
  all: () => ScheduleRecord[];
  due: (now: number) => ScheduleRecord[];
} {
  const one = prepare<ScheduleRow>(db, `SELECT ${COLUMNS} FROM schedules WHERE name = ?`);
  const all = prepare<ScheduleRow>(db, `SELECT ${COLUMNS} FROM schedules ORDER BY name`);
  const due = prepare<ScheduleRow>(
    db,
    `SELECT ${COLUMNS} FROM schedules WHERE enabled = 1 AND (next_at IS NULL OR next_at <= ?) ORDER BY next_at, name`,
  );
  return {
    one: (name) => one.all(name).map(toSchedule)[0],
    all: () => all.all().map(toSchedule),
    due: (now) => due.all(now).map(toSchedule),
  };
}

/** Returns whether the name was free. */
export function prepareInsertSchedule(db: DatabaseSync): (schedule: ScheduleRecord) => boolean {
  const insert = prepare(
    db,
    `INSERT INTO schedules (name, cron, time_zone, work, owner, enabled, next_at, created_at, updated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  );
  return ({ name, cron, timeZone, work, owner, isEnabled, nextAt, createdAt, updatedAt }) => {
    const values = [name, cron, timeZone, JSON.stringify(work), owner, isEnabled ? 1 : 0, nextAt, createdAt, updatedAt];
    return insert.run(...values) === 1;
  };
}

/** Writes the changed fields; the others stay as they are. */
export function prepareUpdateSchedule(
  db: DatabaseSync,
): (name: string, change: ScheduleChange) => ScheduleRecord | undefined {
  const { one } = prepareReadSchedules(db);
  const update = prepare(
    db,
    `UPDATE schedules SET cron = ?2, time_zone = ?3, work = ?4, owner = ?5, enabled = ?6, next_at = ?7, updated_at = ?8
     WHERE name = ?1`,
  );
  return (name, { at, ...change }) => {
    const before = one(name);
    if (before === undefined) return undefined;
    const after = { ...before, ...change, updatedAt: at };
    const { cron, timeZone, work, owner, isEnabled, nextAt } = after;
    update.run(name, cron, timeZone, JSON.stringify(work), owner, isEnabled ? 1 : 0, nextAt, at);
    return after;
  };
}

/** Only of a schedule that has no time yet. */
export function prepareSetFirstTime(db: DatabaseSync): (name: string, nextAt: number) => void {
  const set = prepare(db, 'UPDATE schedules SET next_at = ?2 WHERE name = ?1 AND next_at IS NULL AND enabled = 1');
  return (name, nextAt) => {
    set.run(name, nextAt);
  };
}

/** Removes a schedule with its history. Returns whether there was one. */
export function prepareRemoveSchedule(db: DatabaseSync): (name: string) => boolean {
  const runs = prepare(db, 'DELETE FROM schedule_runs WHERE schedule = ?');
  const remove = prepare(db, 'DELETE FROM schedules WHERE name = ?');
  return (name) => {
    runs.run(name);
    return remove.run(name) === 1;
  };
}

function toSchedule({ work, enabled, ...row }: ScheduleRow): ScheduleRecord {
  return { ...row, work: JSON.parse(work) as JsonObject, isEnabled: enabled === 1 };
}
