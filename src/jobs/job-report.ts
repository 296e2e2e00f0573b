import { isoTime } from '../base/clock.ts';
import type { JsonObject } from '../protocol/messages.ts';
import type { RowTrace } from '../runner/contract/report/trace.ts';
import type { DeliveryReport, JobReport } from '../runner/contract/service/job.ts';
import { type Delivery, type JobRecord, jobErrorOf, jobStateOf } from '../storage/jobs.ts';

/** A job as faces show it, without what its calls cost. */
export function jobReportOf(job: JobRecord, columns: readonly string[]): JobReport {
  const { queue, row, batch } = job;
  return {
    job_id: job.id,
    state: jobStateOf(job),
    agent: `${queue.agent}@${queue.version}`,
    model: queue.model,
    priority: job.priority,
    batch_id: batch?.id ?? null,
    row: row?.row ?? null,
    input: row === null ? null : inputOf(row.cells, columns),
    result: resultOf(row?.output ?? null),
    error: jobErrorOf(job),
    cost_usd: null,
    saved_usd: null,
    not_before: isoTime(job.notBefore),
    deadline: isoTime(job.deadline),
    callback_url: job.callbackUrl,
    max_cost_usd: job.capMicroUsd === null ? null : job.capMicroUsd / 1e6,
    created_at: isoTime(job.createdAt),
    ended_at: isoTime(job.endedAt),
  };
}

/** What the answered calls of a job cost, and what they saved against the standard price. */
export function costOf({ attempts }: RowTrace): Pick<JobReport, 'cost_usd' | 'saved_usd'> {
  const answers = attempts.flatMap(({ entries }) =>
    entries.flatMap(({ kind, answer, cachedFrom }) =>
      kind === 'model' && answer !== null && cachedFrom === undefined ? [answer] : [],
    ),
  );
  if (answers.some(({ costMicroUsd }) => costMicroUsd === null)) return { cost_usd: null, saved_usd: null };
  let [cost, saved] = [0, 0];
  for (const { costMicroUsd, standardMicroUsd } of answers) {
    cost += costMicroUsd ?? 0;
    saved += standardMicroUsd == null ? 0 : standardMicroUsd - (costMicroUsd ?? 0);
  }
  return { cost_usd: cost / 1e6, saved_usd: saved / 1e6 };
}

/** A delivery as faces show it. */
export function deliveryReportOf(delivery: Delivery): DeliveryReport {
  const { eventId, jobId, url, state, attempts, error, createdAt, nextAt } = delivery;
  return {
    ...{ event_id: eventId, job_id: jobId, url, state, attempts, error },
    created_at: isoTime(createdAt),
    next_at: state === 'pending' ? isoTime(nextAt) : null,
  };
}

function inputOf(cells: readonly unknown[], columns: readonly string[]): JsonObject {
  const filled = columns.flatMap((column, index) => {
    const cell = cells[index];
    return cell === null || cell === undefined ? [] : [[column, cell] as const];
  });
  return Object.fromEntries(filled) as JsonObject;
}

/** The structured answer; expressions of an output mapping are not asked of jobs. */
function resultOf(output: JsonObject | null): JsonObject | null {
  const structured = output?.['structured'];
  return typeof structured === 'object' && structured !== null ? (structured as JsonObject) : output;
}
