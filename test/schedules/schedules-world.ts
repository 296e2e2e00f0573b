import { createAudit } from '../../src/access/audit.ts';
import { AppError } from '../../src/base/errors.ts';
import { createSilentLog } from '../../src/base/log.ts';
import { localCaller } from '../../src/runner/contract/caller.ts';
import { type ScheduleRequest, scheduleRequest } from '../../src/runner/contract/service/schedule.ts';
import { endDeadRuns, fireDue } from '../../src/schedules/fire-due.ts';
import type { ScheduleParts } from '../../src/schedules/schedule-parts.ts';
import { createSchedules, type Schedules } from '../../src/schedules/schedules.ts';
import type { EventMap } from '../../src/telemetry/events.ts';
import { type JobsWorld, startJobsWorld } from '../jobs/jobs-world.ts';
import type { WorldOptions } from '../runner/world.ts';

/** Schedules on a real store, with a clock that the test moves. */
export interface SchedulesWorld extends JobsWorld {
  schedules: Schedules;
  parts: ScheduleParts;
  events: EventMap['schedule-run-end'][];
  /** Keys that were revoked, and processes that have ended. */
  gone: Set<string>;
  /** Looks once for what is due, as a server does each second, and waits for the runs. Resolves to their number. */
  tick(parts?: ScheduleParts): Promise<number>;
  /** Moves the clock to a time and ticks. */
  at(time: string): Promise<number>;
}

export async function startSchedulesWorld(options: WorldOptions = {}): Promise<SchedulesWorld> {
  const world = await startJobsWorld(options);
  const log = createSilentLog();
  const events: SchedulesWorld['events'] = [];
  const gone = new Set<string>();
  const now = () => world.clock.now;
  const parts: ScheduleParts = {
    ...{ store: world.store, now, log, process: 'this process', isAlive: (text) => !gone.has(text) },
    ownerOf: async (id) => {
      if (gone.has(id)) throw new AppError('unauthorized', `The key ${id} is not valid any more.`);
      return {
        caller: { ...localCaller('process'), id },
        runner: world.runner,
        jobs: world.jobs,
        tables: world.deps.tables,
      };
    },
    absolute: (uri) => world.deps.tables.absolute(uri),
    audit: createAudit({ store: world.store, now, log }),
    events: {
      has: () => true,
      emit: (name, event) => {
        if (name === 'schedule-run-end') events.push(event as EventMap['schedule-run-end']);
      },
    },
  };
  const tick = async (own = parts): Promise<number> => {
    await endDeadRuns(own);
    const begun = await fireDue(own);
    await Promise.all(begun);
    return begun.length;
  };
  return {
    ...world,
    ...{ schedules: createSchedules(localCaller('cli'), parts), parts, events, gone, tick },
    at(time) {
      world.clock.now = Date.parse(time);
      return tick();
    },
  };
}

/** A schedule that processes all jobs each night in Berlin, with a cap unless an estimate is accepted. */
export function nightly(more: object = {}): ScheduleRequest {
  return scheduleRequest.parse({
    ...{ name: 'jobs', cron: '0 2 * * *', time_zone: 'Europe/Berlin', action: { type: 'process_queues' } },
    ...('accepted_usd' in more ? {} : { max_cost_usd: 1 }),
    ...more,
  });
}
