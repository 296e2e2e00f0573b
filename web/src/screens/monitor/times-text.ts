import { formatBrief, formatTime } from '../../data/format.ts';
import { RANGES, type Range, type Series } from '../../data/monitor.ts';

const dayOnly = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });

/** Whether the steps of a range are days; the server keeps days in UTC. */
export function isByDay(range: Range): boolean {
  return RANGES[range].bucket === 'day';
}

/** The times of the steps: days in UTC, or times in the zone of the reader. */
export function timesOf({ points }: Series, range: Range): string[] {
  return points.map(({ at }) => {
    if (isByDay(range)) return dayOnly.format(at);
    return range === '1h' ? formatTime(at) : formatBrief(at);
  });
}

/** The period of an address; undefined when it can't be read. */
export function readPeriod(text: string): { from: string; to?: string } | undefined {
  const [from = '', to] = text.split('..');
  if (Number.isNaN(Date.parse(from)) || (to !== undefined && Number.isNaN(Date.parse(to)))) return undefined;
  return { from, ...(to !== undefined && { to }) };
}
