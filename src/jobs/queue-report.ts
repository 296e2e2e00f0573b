import { isoTime } from '../base/clock.ts';
import type { Estimate } from '../runner/contract/report/estimate.ts';
import type { QueueReport } from '../runner/contract/service/job.ts';
import type { QueueRecord } from '../storage/jobs.ts';
import { type Candidate, candidatesOfQueue, sumOf } from './candidates.ts';
import type { JobsParts } from './jobs-parts.ts';

type CostRange = Estimate['cost_usd'];

/** A queue as faces show it: what waits, and what it would cost. */
export async function queueReport(queue: QueueRecord, parts: JobsParts): Promise<QueueReport> {
  const { agent, version, model, waiting, oldestAt, standing, collecting } = queue;
  const candidates = await candidatesOfQueue(queue, parts);
  const counts = await Promise.all(collecting.map(({ batchId }) => parts.store.countPriorities(batchId)));
  const error = candidates.find((candidate) => candidate.error !== undefined)?.error;
  return {
    ...{ agent, version, model, waiting },
    oldest_at: isoTime(oldestAt),
    by_priority: addedUp(counts.flat()),
    estimate: candidates.length === 0 ? null : estimateOf(candidates),
    batch_id: standing,
    problem: error === undefined ? null : { code: error.code, message: error.message },
  };
}

function addedUp(counts: QueueReport['by_priority']): QueueReport['by_priority'] {
  const groups = [...Map.groupBy(counts, ({ priority }) => priority)];
  return groups
    .map(([priority, own]) => ({ priority, jobs: own.reduce((sum, { jobs }) => sum + jobs, 0) }))
    .toSorted((a, b) => b.priority - a.priority);
}

function estimateOf(candidates: readonly Candidate[]): QueueReport['estimate'] {
  const ready = candidates.flatMap(({ plan, error }) => (error === undefined ? (plan?.execution ?? []) : []));
  if (ready.length === 0) return { standard_usd: null, batch_usd: null, spending_usd: null, executor: null };
  return {
    standard_usd: added(ready.map(({ realtime }) => realtime.cost_usd)),
    batch_usd: added(ready.map(({ batch }) => batch?.cost_usd ?? null)),
    spending_usd: sumOf(candidates),
    executor: ready[0]?.executor ?? null,
  };
}

function added(ranges: readonly CostRange[]): CostRange {
  return ranges.reduce((sum, range) => {
    if (sum === null || range === null) return null;
    return { low: sum.low + range.low, expected: sum.expected + range.expected, high: sum.high + range.high };
  });
}
