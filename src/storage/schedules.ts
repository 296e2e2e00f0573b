import type { JsonObject } from '../protocol/messages.ts';
import type { StoredError } from './rows.ts';

/** Work that starts by itself at certain times. */
export interface ScheduleRecord {
  /** Unique. */
  name: string;
  cron: string;
  /** An IANA time zone; null is the zone of the server. */
  timeZone: string | null;
  /** What it starts and what that may cost, opaque to the store. */
  work: JsonObject;
  /** The id of the caller in whose name it runs. */
  owner: string;
  isEnabled: boolean;
  /** When it is due next; null before a server has seen it, and after the last time. */
  nextAt: number | null;
  createdAt: number;
  updatedAt: number;
}

/** Why a run started: its time had come, its time had passed while no server ran, or somebody asked for it. */
export type ScheduleCause = 'time' | 'catch-up' | 'trigger';

/** A batch that a run started. */
export interface StartedBatch {
  batchId: string;
  agent: string | null;
  rows: number | null;
}

/** One run of a schedule. It is over when its batches are started. */
export interface ScheduleRun {
  id: number;
  schedule: string;
  cause: ScheduleCause;
  /** When it was due; for a trigger, when it was asked for. */
  dueAt: number;
  startedAt: number;
  endedAt: number | null;
  state: 'running' | 'succeeded' | 'failed';
  started: StartedBatch[];
  error: StoredError | null;
  /** The process that carries it out, as the caller of the store writes it. */
  process: string;
}

/** A run before it is stored. */
export type NewScheduleRun = Pick<ScheduleRun, 'schedule' | 'cause' | 'dueAt' | 'startedAt' | 'process'>;

/** What changes about a schedule. */
export type ScheduleChange = Partial<
  Pick<ScheduleRecord, 'cron' | 'timeZone' | 'work' | 'owner' | 'isEnabled' | 'nextAt'>
> & { at: number };

/** How a run ended. */
export interface ScheduleOutcome extends Pick<ScheduleRun, 'started' | 'error'> {
  at: number;
}

/** Schedules and their history. The contract of `storage/store.ts` holds. */
export interface ScheduleStore {
  /** Resolves to whether the name was free. */
  insertSchedule(schedule: ScheduleRecord): Promise<boolean>;
  readSchedule(name: string): Promise<ScheduleRecord | undefined>;
  /** By name. */
  listSchedules(): Promise<ScheduleRecord[]>;
  /** Resolves to the changed schedule, or to undefined when there is none. */
  updateSchedule(name: string, change: ScheduleChange): Promise<ScheduleRecord | undefined>;
  /** Removes it with its history. Resolves to whether there was one. */
  removeSchedule(name: string): Promise<boolean>;
  /** Enabled schedules whose time has come, or that no server has seen yet. */
  listDueSchedules(now: number): Promise<ScheduleRecord[]>;
  /** Sets the time of a schedule that no server has seen yet. */
  setFirstTime(name: string, nextAt: number): Promise<void>;
  /**
   * In one transaction: moves a schedule that is still due at `due.from` to its next time, and begins the run. Resolves
   * to undefined, and changes nothing, when another process did that before.
   */
  fireSchedule(
    due: { name: string; from: number; to: number | null },
    run: NewScheduleRun,
  ): Promise<number | undefined>;
  /** Begins a run without a change of the schedule. */
  insertScheduleRun(run: NewScheduleRun): Promise<number>;
  /** Ends a run that has not ended. */
  endScheduleRun(id: number, outcome: ScheduleOutcome): Promise<void>;
  /** Newest first; `before` is the id of the last run of the page before, `since` a time at which runs ended. */
  listScheduleRuns(options: ScheduleRunQuery): Promise<ScheduleRun[]>;
}

/** Which runs to read. */
export interface ScheduleRunQuery {
  schedule?: string;
  state?: ScheduleRun['state'];
  before?: number;
  /** Only runs that ended at this time or later. */
  since?: number;
  limit: number;
}
