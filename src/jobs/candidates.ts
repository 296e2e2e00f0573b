import { AppError, toAppError } from '../base/errors.ts';
import type { BatchPlan } from '../runner/contract/report/plan.ts';
import type { QueueRecord } from '../storage/jobs.ts';
import { STANDING_OPTIONS } from './enqueue.ts';
import type { JobsParts } from './jobs-parts.ts';

/** A batch of waiting jobs with what it may cost. */
export interface Candidate {
  queue: QueueRecord;
  batchId: string;
  /** undefined: it can't be planned. */
  plan: BatchPlan | undefined;
  /** null when the price is unknown. */
  spendingUsd: number | null;
  error: AppError | undefined;
}

/** The batches of waiting jobs, of all queues or of those of one agent. */
export async function candidatesOf(agent: string | undefined, parts: JobsParts): Promise<Candidate[]> {
  const candidates: Candidate[] = [];
  for (const queue of await parts.store.listQueues(agent)) candidates.push(...(await candidatesOfQueue(queue, parts)));
  return candidates;
}

/** The batches of waiting jobs of a queue. Each is planned as processing would run it; nothing changes. */
export async function candidatesOfQueue(queue: QueueRecord, { runner }: JobsParts): Promise<Candidate[]> {
  const candidates: Candidate[] = [];
  for (const { batchId, jobs } of queue.collecting) {
    if (jobs === 0) continue;
    const planned = await runner.planRun(batchId, { options: { ...STANDING_OPTIONS } }).catch(toAppError);
    const [plan, error] = planned instanceof AppError ? [undefined, planned] : [planned, problemOf(planned)];
    candidates.push({ queue, batchId, plan, spendingUsd: plan?.spending_usd ?? null, error });
  }
  return candidates;
}

/** What those that can be processed may cost together, in dollars; null when a price is unknown. */
export function sumOf(candidates: readonly Candidate[]): number | null {
  const costs = candidates.filter(({ error }) => error === undefined).map(({ spendingUsd }) => spendingUsd);
  return costs.reduce<number | null>((sum, cost) => (sum === null || cost === null ? null : sum + cost), 0);
}

function problemOf({ problems: [first] }: BatchPlan): AppError | undefined {
  return first === undefined ? undefined : new AppError(first.code, first.message);
}
