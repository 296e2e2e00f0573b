import { formatMoney } from '../../data/format.ts';
import type { Schedule } from '../../data/schedules.ts';
import { messages } from './messages.ts';

/** What a schedule runs: one line, and what else is to say about it. `table` names the table of a batch. */
export function workText({ action }: Pick<Schedule, 'action'>, table: string): { what: string; how: string } {
  const { work } = messages;
  if (action.type === 'process_queues') {
    const { agent, mode = 'auto', capped_jobs_only: isCapped = false } = action;
    const how = [isCapped ? work.capped : '', work.modes[mode]].filter((text) => text !== '');
    return { what: agent === undefined ? work.allJobs : work.jobsOf(agent), how: how.join(', ') };
  }
  const { target, options } = action.request;
  const by = target.type === 'inline' ? work.question(target.fields.length) : target.name;
  const how = [by, work.cache[options?.cache ?? 'off']].filter((text) => text !== '');
  return { what: work.batch(table), how: how.join(', ') };
}

/** What one run may cost. */
export function limitText({ max_cost_usd: cap, accepted_usd: accepted }: Schedule): string {
  return cap === null ? messages.accepted(formatMoney(accepted)) : formatMoney(cap);
}
