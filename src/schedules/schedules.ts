import { AppError, toAppError } from '../base/errors.ts';
import type { JsonObject } from '../protocol/messages.ts';
import type { Caller } from '../runner/contract/caller.ts';
import {
  type ScheduleChangeRequest,
  type ScheduledWork,
  type ScheduleReport,
  type ScheduleRequest,
  type ScheduleRunReport,
  type ScheduleTimes,
  type ScheduleTimesQuery,
  scheduledWork,
} from '../runner/contract/service/schedule.ts';
import { requireScope } from '../runner/require-scope.ts';
import type { ScheduleRecord, ScheduleRunQuery } from '../storage/schedules.ts';
import { carryOut } from './carry-out.ts';
import { checkOutput } from './output-place.ts';
import type { ScheduleParts } from './schedule-parts.ts';
import { runReportOf, scheduleReportOf, scheduleTimesOf } from './schedule-report.ts';
import { timesOf } from './times.ts';

/** Schedules, for one caller. To change them needs the scope admin, to trigger one `run`. */
export interface Schedules {
  list(): Promise<ScheduleReport[]>;
  /** @throws AppError `not_found`, as every method with a name */
  show(name: string): Promise<ScheduleReport>;
  /** @throws AppError `name_taken`; `invalid_arguments` with the part of the cron expression that is wrong */
  add(request: ScheduleRequest): Promise<ScheduleReport>;
  /** It runs in the name of this caller from now on. */
  change(name: string, change: ScheduleChangeRequest): Promise<ScheduleReport>;
  /** Removes it with its history. */
  remove(name: string): Promise<void>;
  /** From now on it runs at its times; what it missed while it was stopped is not caught up. */
  start(name: string): Promise<ScheduleReport>;
  stop(name: string): Promise<ScheduleReport>;
  /** Runs it now, also while it is stopped. Its next time stays. */
  trigger(name: string): Promise<ScheduleRunReport>;
  /** The next times of a cron expression. @throws AppError `invalid_arguments` with the part that is wrong */
  times(query: ScheduleTimesQuery): Promise<ScheduleTimes>;
  /** Its runs, the newest first. */
  history(name: string, page: Pick<ScheduleRunQuery, 'before' | 'limit' | 'state'>): Promise<ScheduleRunReport[]>;
}

/** Makes the schedules of one caller. */
export function createSchedules(caller: Caller, parts: ScheduleParts): Schedules {
  const { store, audit, now } = parts;
  const read = async (name: string): Promise<ScheduleRecord> => (await store.readSchedule(name)) ?? unknown(name);
  const update = async (
    name: string,
    change: Omit<Parameters<typeof store.updateSchedule>[1], 'at'>,
    details: JsonObject,
  ) => {
    const act = () => store.updateSchedule(name, { ...change, at: Math.round(now()) });
    const changed = await audit.around({ caller, action: 'schedule-change', subject: name, details }, act);
    return scheduleReportOf(changed ?? unknown(name), parts);
  };
  return {
    async list() {
      requireScope(caller, 'read');
      return Promise.all((await store.listSchedules()).map((schedule) => scheduleReportOf(schedule, parts)));
    },
    async show(name) {
      requireScope(caller, 'read');
      return scheduleReportOf(await read(name), parts);
    },
    async add(request) {
      requireScope(caller, 'admin');
      const record = await recordOf(request, caller, parts);
      const details = { cron: record.cron, ...record.work };
      await audit.around({ caller, action: 'schedule-create', subject: record.name, details }, async () => {
        if (!(await store.insertSchedule(record))) throw taken(record.name);
      });
      return scheduleReportOf(record, parts);
    },
    async change(name, change) {
      requireScope(caller, 'admin');
      const before = await read(name);
      const { cron = before.cron, time_zone: timeZone = before.timeZone, ...limits } = change;
      const work = await checkedWork({ ...before.work, ...limits }, caller, parts);
      const nextAt = before.isEnabled ? timesOf(cron, timeZone).next(now()) : null;
      return update(name, { cron, timeZone, nextAt, work, owner: caller.id }, plain(change));
    },
    async remove(name) {
      requireScope(caller, 'admin');
      await audit.around({ caller, action: 'schedule-delete', subject: name }, async () => {
        if (!(await store.removeSchedule(name))) unknown(name);
      });
    },
    async start(name) {
      requireScope(caller, 'admin');
      const { cron, timeZone, isEnabled } = await read(name);
      if (isEnabled) return scheduleReportOf(await read(name), parts);
      return update(name, { isEnabled: true, nextAt: timesOf(cron, timeZone).next(now()) }, { enabled: true });
    },
    async stop(name) {
      requireScope(caller, 'admin');
      await read(name);
      return update(name, { isEnabled: false, nextAt: null }, { enabled: false });
    },
    async trigger(name) {
      requireScope(caller, 'run');
      const schedule = await read(name);
      const at = Math.round(now());
      const run = { schedule: name, cause: 'trigger' as const, dueAt: at, startedAt: at, process: parts.process };
      await audit.around({ caller, action: 'schedule-trigger', subject: name }, async () => {
        await carryOut(schedule, { ...run, id: await store.insertScheduleRun(run) }, parts);
      });
      const [last] = await store.listScheduleRuns({ schedule: name, limit: 1 });
      if (last === undefined) throw new AppError('internal', 'The run was not stored.');
      return runReportOf(last, parts);
    },
    async times(query) {
      requireScope(caller, 'read');
      return scheduleTimesOf(query, now());
    },
    async history(name, page) {
      requireScope(caller, 'read');
      await read(name);
      const runs = await store.listScheduleRuns({ ...page, schedule: name });
      return Promise.all(runs.map((run) => runReportOf(run, parts)));
    },
  };
}

async function recordOf(
  { name, cron, time_zone, enabled, ...limits }: ScheduleRequest,
  caller: Caller,
  parts: ScheduleParts,
): Promise<ScheduleRecord> {
  const [at, timeZone] = [Math.round(parts.now()), time_zone ?? null];
  const nextAt = timesOf(cron, timeZone).next(at);
  return {
    ...{ name, cron, timeZone, work: await checkedWork(limits, caller, parts), owner: caller.id },
    ...{ isEnabled: enabled, nextAt: enabled ? nextAt : null, createdAt: at, updatedAt: at },
  };
}

/** The work in the form that is stored. A field that is null is removed; addresses are made absolute. */
async function checkedWork(given: object, caller: Caller, parts: ScheduleParts): Promise<JsonObject> {
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
  const parsed = scheduledWork.safeParse(set);
  if (parsed.error !== undefined) {
    const faults = parsed.error.issues.map(({ path, message }) => ({ place: path.join('.'), message: `${message}.` }));
    const shown = faults.map(({ place, message }) => `${place} ${message}`).join('\n');
    throw new AppError('invalid_arguments', shown, { faults });
  }
  const work = parsed.data;
  const { action } = work;
  const { runner, tables } = await parts.ownerOf(caller.id);
  if (action.type === 'run_batch') {
    const isTable = (uri: string) => tables.writerKind(uri) === 'table';
    checkOutput(action.request, { isPerFile: action.new_files_only, isTable });
  }
  const agent = action.type === 'process_queues' ? action.agent : registered(action.request.target);
  const refusal = agent === undefined ? undefined : await runner.openStanding({ agent }, {}).catch(toAppError);
  if (refusal instanceof AppError && refusal.code === 'agent_not_found') throw refusal;
  return plain(action.type === 'run_batch' ? { ...work, action: absolute(action, parts) } : work);
}

function registered(target: Extract<ScheduledWork['action'], { type: 'run_batch' }>['request']['target']) {
  return target.type === 'inline' ? undefined : target.name;
}

function absolute(action: Extract<ScheduledWork['action'], { type: 'run_batch' }>, parts: ScheduleParts) {
  const { request } = action;
  const output = request.output_uri;
  return {
    ...action,
    request: {
      ...{ ...request, csv_uri: parts.absolute(request.csv_uri) },
      ...(output !== undefined && { output_uri: output === '-' ? output : parts.absolute(output) }),
    },
  };
}

function plain(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}

function unknown(name: string): never {
  throw new AppError('not_found', `There is no schedule "${name}".`);
}

function taken(name: string): AppError {
  return new AppError('name_taken', `There is a schedule "${name}" already. Change that one, or choose another name.`);
}
