import { isoTime } from '../base/clock.ts';
import type {
  ScheduleReport,
  ScheduleRunReport,
  ScheduleTimes,
  ScheduleTimesQuery,
} from '../runner/contract/service/schedule.ts';
import { scheduledWork } from '../runner/contract/service/schedule.ts';
import type { ScheduleRecord, ScheduleRun } from '../storage/schedules.ts';
import { cronInWords } from './cron-words.ts';
import type { ScheduleParts } from './schedule-parts.ts';
import { timesOf } from './times.ts';

/** How many times are shown. */
const SHOWN_TIMES = 5;

type ReportParts = Pick<ScheduleParts, 'store' | 'now'>;

/** A schedule with its next times and its latest run. */
export async function scheduleReportOf(schedule: ScheduleRecord, parts: ReportParts): Promise<ScheduleReport> {
  const { name, cron, timeZone, isEnabled, owner, createdAt, updatedAt } = schedule;
  const work = scheduledWork.parse(schedule.work);
  const [last] = await parts.store.listScheduleRuns({ schedule: name, limit: 1 });
  return {
    ...{ name, cron, in_words: cronInWords(cron), time_zone: timeZone, zone: zoneOf(timeZone) },
    ...{ enabled: isEnabled, action: work.action },
    ...{ max_cost_usd: work.max_cost_usd ?? null, accepted_usd: work.accepted_usd ?? null },
    next: isEnabled ? nextTimes(schedule, parts.now()).map(isoTime) : [],
    last_run: last === undefined ? null : await runReportOf(last, parts),
    ...{ owner, created_at: isoTime(createdAt), updated_at: isoTime(updatedAt) },
  };
}

/** A run with the status that its batches have now. */
export async function runReportOf(run: ScheduleRun, { store }: ReportParts): Promise<ScheduleRunReport> {
  const batches = run.started.map(async ({ batchId, agent, rows }) => {
    const batch = await store.readBatch(batchId);
    const isPriced = batch !== undefined && batch.totals.unpricedCalls === 0;
    return {
      ...{ batch_id: batchId, agent, rows, status: batch?.status ?? null },
      cost_usd: isPriced ? batch.totals.costMicroUsd / 1e6 : null,
    };
  });
  return {
    ...{ run_id: run.id, schedule: run.schedule, cause: run.cause, due_at: isoTime(run.dueAt) },
    ...{ started_at: isoTime(run.startedAt), ended_at: isoTime(run.endedAt) },
    ...{ state: run.state, batches: await Promise.all(batches), error: run.error },
  };
}

/** A cron expression as it is understood. @throws AppError `invalid_arguments` with the part that is wrong */
export function scheduleTimesOf({ cron, time_zone }: ScheduleTimesQuery, now: number): ScheduleTimes {
  const timeZone = time_zone ?? null;
  const next = timesOf(cron, timeZone).following(now, SHOWN_TIMES).map(isoTime);
  return { in_words: cronInWords(cron), zone: zoneOf(timeZone), next };
}

function zoneOf(timeZone: string | null): string {
  return timeZone ?? new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function nextTimes({ cron, timeZone, nextAt }: ScheduleRecord, now: number): number[] {
  const times = timesOf(cron, timeZone);
  if (nextAt === null || nextAt > now) return times.following(now, SHOWN_TIMES);
  // Missed: it runs as soon as a server does.
  return [nextAt, ...times.following(now, SHOWN_TIMES - 1)];
}
