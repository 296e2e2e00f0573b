import type { DatabaseSync } from 'node:sqlite';
import type { ScheduleStore } from '../../schedules.ts';
import {
  prepareEndScheduleRun,
  prepareFireSchedule,
  prepareInsertScheduleRun,
  prepareListScheduleRuns,
} from './schedule-runs.ts';
import {
  prepareInsertSchedule,
  prepareReadSchedules,
  prepareRemoveSchedule,
  prepareSetFirstTime,
  prepareUpdateSchedule,
} from './schedules.ts';

interface Access {
  read: <T>(query: () => T) => Promise<T>;
  write: <T>(operation: () => T) => Promise<T>;
}

/** The part of the store that holds schedules and their history. */
export function openScheduleStore(db: DatabaseSync, { read, write }: Access): ScheduleStore {
  const schedules = prepareReadSchedules(db);
  const [insert, update, remove] = [prepareInsertSchedule(db), prepareUpdateSchedule(db), prepareRemoveSchedule(db)];
  const [fire, insertRun, endRun] = [prepareFireSchedule(db), prepareInsertScheduleRun(db), prepareEndScheduleRun(db)];
  const setFirstTime = prepareSetFirstTime(db);
  const listRuns = prepareListScheduleRuns(db);
  return {
    insertSchedule: (schedule) => write(() => insert(schedule)),
    readSchedule: (name) => read(() => schedules.one(name)),
    listSchedules: () => read(() => schedules.all()),
    updateSchedule: (name, change) => write(() => update(name, change)),
    removeSchedule: (name) => write(() => remove(name)),
    listDueSchedules: (now) => read(() => schedules.due(now)),
    setFirstTime: (name, nextAt) => write(() => setFirstTime(name, nextAt)),
    fireSchedule: (due, run) => write(() => fire(due, run)),
    insertScheduleRun: (run) => write(() => insertRun(run)),
    endScheduleRun: (id, outcome) => write(() => endRun(id, outcome)),
    listScheduleRuns: (options) => read(() => listRuns(options)),
  };
}
