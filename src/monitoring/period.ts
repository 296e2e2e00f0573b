import { AppError } from '../base/errors.ts';

const DAY_MS = 86_400_000;

/** A period in milliseconds since the epoch. */
export interface Period {
  from: number;
  to: number;
}

/**
 * The period that was asked for; by default the days before its end.
 * @throws AppError `invalid_arguments` when it ends before it starts
 */
export function periodOf(
  { from, to }: { from?: string | undefined; to?: string | undefined },
  { now, days }: { now: number; days: number },
): Period {
  // The present is in the period: what was written in this millisecond belongs to it.
  const end = to === undefined ? now + 1 : Date.parse(to);
  const start = from === undefined ? end - days * DAY_MS : Date.parse(from);
  if (start < end) return { from: start, to: end };
  const message = 'must be before "to"';
  throw new AppError('invalid_arguments', `from ${message}.`, { faults: [{ place: 'query.from', message }] });
}
