import { shared } from '../messages/shared.ts';
import type { Status } from '../ui/status-mark.tsx';
import type { BatchReport } from './live/messages.ts';

const { batch } = shared;

/** What a batch is doing, as a mark with its word. */
export function batchState(report: BatchReport): { status: Status; word: string } {
  switch (report.status) {
    case 'collecting':
      return { status: 'queued', word: batch.collecting };
    case 'created':
    case 'validating':
      return { status: 'queued', word: batch.starting };
    case 'loading':
      return { status: 'running', word: batch.loading };
    case 'running':
      if (report.unattended) return { status: 'queued', word: batch.unattended };
      if (isAtProvider(report)) return { status: 'at-provider', word: shared.status.atProvider };
      return { status: 'running', word: shared.status.running };
    case 'aggregating':
      return { status: 'running', word: batch.writing };
    case 'paused':
      return pausedState(report);
    case 'completed':
      return { status: 'succeeded', word: batch.completed };
    case 'failed':
      return { status: 'failed', word: shared.status.failed };
    case 'cancelled':
      return { status: 'cancelled', word: shared.status.cancelled };
  }
}

function pausedState({ pause_reason: reason }: BatchReport): { status: Status; word: string } {
  if (reason === 'fatal') return { status: 'failed', word: batch.stopped };
  if (reason === 'budget') return { status: 'needs-you', word: batch.capReached };
  if (reason === 'sample') return { status: 'paused', word: batch.sampleDone };
  if (reason === 'interrupted') return { status: 'paused', word: batch.interrupted };
  return { status: 'paused', word: shared.status.paused };
}

/** Whether its rows wait for jobs of a provider. */
export function isAtProvider({ provider_jobs: jobs }: BatchReport): boolean {
  return jobs.some(({ stage }) => stage === 'waiting');
}

/** Since when its first open job is at the provider, and when the last one ends at the latest; undefined when unknown. */
export function timesAtProvider({ provider_jobs: jobs }: BatchReport): { since?: string; deadline?: string } {
  const waiting = jobs.filter(({ stage }) => stage === 'waiting');
  const since = waiting.flatMap((job) => job.since ?? []).toSorted()[0];
  const deadline = waiting
    .flatMap((job) => job.deadline ?? [])
    .toSorted()
    .at(-1);
  return { ...(since !== undefined && { since }), ...(deadline !== undefined && { deadline }) };
}

/** How many of its rows wait in jobs of a provider. */
export function rowsAtProvider({ provider_jobs: jobs, counts }: BatchReport): number {
  const waiting = jobs
    .filter(({ stage }) => stage === 'waiting')
    .reduce((sum, { requests, answered, refused, missing }) => sum + requests - answered - refused - missing, 0);
  return Math.min(counts.running, Math.max(0, waiting));
}

/** What it has cost, what is in flight, and where it will end, in dollars; null where a price is unknown. */
export function batchMoney(report: BatchReport): {
  spent: number | null;
  inFlight: number;
  end: { low: number; high: number } | null;
  cap: number | null;
} {
  const { cost_usd: spent, cost_usd_at_most: most, estimate_rest: rest, options } = report;
  const goesOn =
    spent !== null && rest?.cost_usd != null && !['completed', 'failed', 'cancelled'].includes(report.status);
  const cap = options.max_cost_usd;
  const atMost = (usd: number) => (cap === null ? usd : Math.min(usd, cap));
  return {
    spent,
    inFlight: spent === null || most === null ? 0 : Math.max(0, most - spent),
    end:
      goesOn && rest?.cost_usd
        ? { low: atMost(spent + rest.cost_usd.low), high: atMost(spent + rest.cost_usd.high) }
        : null,
    cap,
  };
}

/** The last part of the address of a table. */
export function tableName(uri: string): string {
  return decodeURIComponent(
    uri
      .replace(/[?#].*$/, '')
      .replace(/\/+$/, '')
      .split('/')
      .pop() ?? uri,
  );
}
