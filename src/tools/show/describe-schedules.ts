import * as z from 'zod';
import { counted } from '../../base/figures.ts';
import { type ScheduleReport, scheduleRunReport } from '../../runner/contract/service/schedule.ts';

/** Schedules in an answer. */
const MOST_SCHEDULES = 50;

/** A schedule in an answer: without the request that it runs. */
export const scheduleInAnswer = z.object({
  name: z.string().describe('Its name.'),
  when: z.string().describe('When it runs, in words or as a cron expression, with the time zone.'),
  enabled: z.boolean().describe('Whether it runs at its times.'),
  starts: z.string().describe('What it starts: process_queues, or run_batch with its table.'),
  max_cost_usd: z.number().nullable().describe('The cap of one run; null when an estimate was accepted instead.'),
  next: z.string().nullable().describe('Its next time, ISO 8601; null while it is stopped.'),
  last_run: scheduleRunReport
    .pick({ started_at: true, state: true, batches: true, error: true })
    .nullable()
    .describe('Its latest run; null before the first one.'),
});

/** A schedule as answers show it. */
export function shownSchedule(schedule: ScheduleReport): z.input<typeof scheduleInAnswer> {
  const { name, cron, in_words: words, zone, enabled, action, max_cost_usd, next, last_run: last } = schedule;
  return {
    ...{ name, when: `${words ?? cron} (${zone})`, enabled, max_cost_usd, next: next[0] ?? null },
    starts: action.type === 'run_batch' ? `run_batch over ${action.request.csv_uri}` : action.type,
    last_run:
      last === null
        ? null
        : { started_at: last.started_at, state: last.state, batches: last.batches, error: last.error },
  };
}

/** The answer about schedules. */
export function describeSchedules(schedules: ScheduleReport[]) {
  const running = schedules.filter(({ enabled }) => enabled).length;
  const failed = schedules.filter(({ last_run: last }) => last?.state === 'failed').length;
  const faults = failed === 0 ? '' : `; the last run of ${failed} failed`;
  return {
    ...{ finished: true, results_resource: null, queues: null },
    summary: `${counted(schedules.length, 'schedule')}, ${running} of them enabled${faults}.`,
    next_step:
      'Tell the person. They run while "rowmill serve" runs. execute_batch_processor adds, changes, triggers, stops and starts them, if the person wishes it.',
    schedules: schedules.slice(0, MOST_SCHEDULES).map(shownSchedule),
  };
}
