import type { Clock } from '../base/clock.ts';
import { toAppError } from '../base/errors.ts';
import type { ScheduleRecord } from '../storage/schedules.ts';
import { carryOut } from './carry-out.ts';
import type { ScheduleParts } from './schedule-parts.ts';
import { timesOf } from './times.ts';

const LOOK_MS = 1_000;
/** From when on a run is late: no server ran when it was due. */
const LATE_MS = 60_000;
/** How often runs are looked for whose process has ended. */
const DEAD_RUNS_MS = 60_000;

/**
 * Starts what is due until `signal` fires, then waits for the runs that have begun. Any number of processes may do this
 * on one store: a time is taken in the transaction that begins its run.
 */
export async function keepSchedules(parts: ScheduleParts & { clock: Clock }, signal: AbortSignal): Promise<void> {
  const { clock, log } = parts;
  const runs = new Set<Promise<void>>();
  let lookAt = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    try {
      if (clock.monotonic() >= lookAt) await endDeadRuns(parts);
      if (clock.monotonic() >= lookAt) lookAt = clock.monotonic() + DEAD_RUNS_MS;
      for (const begun of await fireDue(parts)) {
        const run = begun
          .catch((thrown: unknown) => log.error({ code: toAppError(thrown).code }, 'the end of a run was not written'))
          .finally(() => runs.delete(run));
        runs.add(run);
      }
    } catch (thrown) {
      log.error({ code: toAppError(thrown).code }, 'schedules were not started');
    }
    await clock.sleep(LOOK_MS, signal).catch(() => undefined);
  }
  await Promise.all(runs);
}

/**
 * Begins a run of each schedule that is due, and gives it the next time from now on: times that were missed are caught
 * up by this one run. Resolves to the ends of the runs that this process has begun.
 */
export async function fireDue(parts: ScheduleParts): Promise<Promise<void>[]> {
  const { store, now, log } = parts;
  const begun: Promise<void>[] = [];
  for (const schedule of await store.listDueSchedules(now())) {
    try {
      const run = await begin(schedule, parts);
      if (run !== undefined) begun.push(carryOut(schedule, run, parts));
    } catch (thrown) {
      log.error({ schedule: schedule.name, code: toAppError(thrown).code }, 'a schedule was not started');
    }
  }
  return begun;
}

async function begin({ name, cron, timeZone, nextAt }: ScheduleRecord, { store, now, process }: ScheduleParts) {
  const at = Math.round(now());
  const next = timesOf(cron, timeZone).next(at);
  if (nextAt === null) {
    await store.setFirstTime(name, next);
    return undefined;
  }
  const cause = at - nextAt > LATE_MS ? ('catch-up' as const) : ('time' as const);
  const run = { schedule: name, cause, dueAt: nextAt, startedAt: at, process };
  const id = await store.fireSchedule({ name, from: nextAt, to: next }, run);
  return id === undefined ? undefined : { id, cause, dueAt: nextAt };
}

/** Runs whose process ended before they did have failed. What they started goes on. */
export async function endDeadRuns({ store, isAlive, events, now }: ScheduleParts): Promise<void> {
  for (const run of await store.listScheduleRuns({ state: 'running', limit: 1_000 })) {
    if (isAlive(run.process) !== false) continue;
    const message = 'The server ended while it started this run. Batches that it had started go on; trigger it again.';
    const at = Math.round(now());
    await store.endScheduleRun(run.id, { at, started: run.started, error: { code: 'process_died', message } });
    events.emit('schedule-run-end', {
      ...{ schedule: run.schedule, run: run.id, state: 'failed', code: 'process_died', at },
    });
  }
}
