import type { ScheduleRun } from '../../data/schedules.ts';
import type { Status } from '../../ui/status-mark.tsx';
import { messages } from './messages.ts';

/** A status with its word, as a mark shows it. */
export interface Outcome {
  status: Status;
  word: string;
}

const ENDED: { [status: string]: Outcome } = {
  completed: { status: 'succeeded', word: messages.outcome.completed },
  failed: { status: 'failed', word: messages.outcome.failed },
  cancelled: { status: 'cancelled', word: messages.outcome.cancelled },
  paused: { status: 'needs-you', word: messages.outcome.paused },
};
/** The one that a person has to know first stands first. */
const ORDER = ['failed', 'paused', 'running', 'cancelled', 'completed'] as const;

/** What became of one batch of a run. */
export function batchOutcome({ status }: ScheduleRun['batches'][number]): Outcome {
  if (status === null) return { status: 'cancelled', word: messages.outcome.deleted };
  return ENDED[status] ?? { status: 'running', word: messages.outcome.runs };
}

/** What became of a run: of its start, then of its batches. */
export function runOutcome({ state, batches }: ScheduleRun): Outcome {
  if (state === 'running') return { status: 'running', word: messages.outcome.running };
  if (state === 'failed') return { status: 'failed', word: messages.outcome.failed };
  const known = batches.filter(({ status }) => status !== null).map(({ status }) => status ?? '');
  if (known.length === 0) {
    return { status: 'cancelled', word: batches.length === 0 ? messages.outcome.nothing : messages.outcome.deleted };
  }
  const worst = ORDER.find((one) => known.some((status) => (ENDED[status] === undefined ? 'running' : status) === one));
  return ENDED[worst ?? ''] ?? { status: 'running', word: messages.outcome.runs };
}

/** What a run cost so far; null when a part of it is not known, undefined when it started nothing. */
export function runCost({ batches }: ScheduleRun): number | null | undefined {
  if (batches.length === 0) return undefined;
  return batches.reduce<number | null>(
    (sum, { cost_usd: cost }) => (sum === null || cost === null ? null : sum + cost),
    0,
  );
}
