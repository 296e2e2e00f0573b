import type { ScheduleReport, ScheduleRunReport } from '../runner/contract/schedule.ts';
import { scheduledWork } from '../runner/contract/schedule.ts';
import type { ScheduleRecord, ScheduleRun } from '../storage/schedules.ts';
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
    ...{ name, cron, time_zone: timeZone, enabled: isEnabled, action: work.action },
    ...{ max_cost_usd: work.max_cost_usd ?? null, accepted_usd: work.accepted_usd ?? null },
    next: isEnabled ? nextTimes(schedule, parts.now()).map(timeOf) : [],
    last_run: last === undefined ? null : await runReportOf(last, parts),
    ...{ owner, created_at: timeOf(createdAt), updated_at: timeOf(updatedAt) },
  };
}

/** A run with the status that its batches have now. */
export async function runReportOf(run: ScheduleRun, { store }: ReportParts): Promise<ScheduleRunReport> {
  const batches = run.started.map(async ({ batchId, agent, rows }) => ({
    ...{ batch_id: batchId, agent, rows },
    status: (await store.readBatch(batchId))?.status ?? null,
  }));
  return {
    ...{ run_id: run.id, schedule: run.schedule, cause: run.cause, due_at: timeOf(run.dueAt) },
    ...{ started_at: timeOf(run.startedAt), ended_at: run.endedAt === null ? null : timeOf(run.endedAt) },
    ...{ state: run.state, batches: await Promise.all(batches), error: run.error },
  };
}

function nextTimes({ cron, timeZone, nextAt }: ScheduleRecord, now: number): number[] {
  const times = timesOf(cron, timeZone);
  if (nextAt === null || nextAt > now) return times.following(now, SHOWN_TIMES);
  // Missed: it runs as soon as a server does.
  return [nextAt, ...times.following(now, SHOWN_TIMES - 1)];
}

function timeOf(at: number): string {
  return new Date(at).toISOString();
}
