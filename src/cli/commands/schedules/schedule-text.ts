import { dollars } from '../../../base/figures.ts';
import type { ScheduleReport, ScheduleRunReport } from '../../../runner/contract/service/schedule.ts';
import { oneLine } from '../../terminal/safe-text.ts';

/** A schedule in a line. */
export function lineOf({ name, cron, time_zone: zone, enabled, next }: ScheduleReport): string {
  const when = enabled ? `next at ${next[0]} while "rowmill serve" runs` : 'stopped';
  return `${oneLine(name)}: ${oneLine(cron)} (${oneLine(zone ?? 'local time')}), ${when}`;
}

/** What a schedule starts, and what that may cost. */
export function workOf({ action, max_cost_usd: cap, accepted_usd: accepted }: ScheduleReport): string {
  const limit = cap === null ? `${dollars(accepted ?? 0)} accepted` : `at most ${dollars(cap)}`;
  if (action.type === 'run_batch')
    return `a batch over ${action.new_files_only ? 'each new file of ' : ''}${action.request.csv_uri}, ${limit}`;
  const jobs = action.capped_jobs_only ? 'jobs with a cap' : 'jobs';
  return `${action.agent === undefined ? `all ${jobs}` : `${jobs} of ${action.agent}`}, ${limit}`;
}

/** A run in a line. */
export function runLineOf({ started_at, cause, state, batches, error }: ScheduleRunReport): string {
  const started = batches.map(({ batch_id, status }) => `${batch_id} (${status ?? 'deleted'})`).join(', ');
  const what = batches.length === 0 ? 'nothing started' : `started ${started}`;
  const why = error === null ? '' : `. ${error.code}: ${oneLine(error.message)}`;
  return `${minuteOf(started_at)} ${state} (${cause}), ${what}${why}`;
}

/** A time in UTC, to the minute. */
export function minuteOf(time: string | undefined): string {
  return time?.slice(0, 16).replace('T', ' ') ?? '';
}
