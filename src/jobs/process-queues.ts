import { AppError, toAppError } from '../base/errors.ts';
import { dollars } from '../base/figures.ts';
import type { ProcessedQueue, ProcessRequest } from '../runner/contract/service/job.ts';
import { TOLERANCE } from '../runner/contract/service/tolerance.ts';
import { shareCap } from '../runner/intake/money/share-cap.ts';
import { type Candidate, candidatesOf, candidatesOfQueue, sumOf } from './candidates.ts';
import { STANDING_OPTIONS } from './enqueue.ts';
import type { JobsParts } from './jobs-parts.ts';

const HOUR_MS = 3_600_000;
/** How often a queue is looked at again whose jobs another processing has moved. */
const MOST_LOOKS = 5;

/** Which queues are processed, and who was asked. */
export interface Processing extends ProcessRequest {
  agent?: string;
  /** Nobody is asked: only jobs with a cap of their own run, under the sum of their caps and under `max_cost_usd`. */
  isUnattended?: boolean;
}

/**
 * Seals the batches of waiting jobs, and starts them. Jobs that are not due move on to the next standing batch. A queue
 * that can't be processed keeps its jobs, and says why.
 * @throws AppError `confirmation_needed` when neither a cap nor an estimate was accepted; nothing has changed then
 */
export async function processQueues(request: Processing, parts: JobsParts): Promise<ProcessedQueue[]> {
  const candidates = await candidatesOf(request.agent, parts);
  requireConsent(request, candidates);
  return processAll(candidates, { request, looks: MOST_LOOKS, others: [] }, parts);
}

interface Step {
  request: Processing;
  looks: number;
  /** Batches that are processed on their own. */
  others: readonly string[];
}

/**
 * Processes batches one after the other. Another processing at the same time may have moved jobs of one to other batches,
 * or have started it: then its queue is looked at again, below the part of the cap that it had.
 */
async function processAll(
  candidates: readonly Candidate[],
  { request, looks, others }: Step,
  parts: JobsParts,
): Promise<ProcessedQueue[]> {
  const share = shareOf(request, candidates);
  const results: ProcessedQueue[] = [];
  for (const candidate of candidates) {
    const cap = share(candidate);
    const { result, wasChanged } = await processBatch(candidate, { request, cap }, parts);
    const own = [...others, ...candidates.filter((one) => one !== candidate).map(({ batchId }) => batchId)];
    const moved = wasChanged && looks > 0 ? await lookAgain(candidate, own, parts) : [];
    const step = { request: { ...request, ...(cap !== undefined && { max_cost_usd: cap }) }, looks: looks - 1 };
    if (moved.length === 0) results.push(result);
    else results.push(...(await processAll(moved, { ...step, others: own }, parts)));
  }
  return results;
}

async function lookAgain({ queue }: Candidate, others: readonly string[], parts: JobsParts): Promise<Candidate[]> {
  const now = await parts.store.readQueue(queue);
  const found = now === undefined ? [] : await candidatesOfQueue(now, parts);
  return found.filter(({ batchId }) => !others.includes(batchId));
}

/** Nothing is spent unless a person set a cap or accepted the estimate. */
function requireConsent(
  { max_cost_usd: cap, accepted_usd: accepted, isUnattended }: Processing,
  all: Candidate[],
): void {
  if (cap !== undefined || isUnattended === true) return;
  const sum = sumOf(all);
  if (accepted !== undefined && sum !== null && sum <= accepted * TOLERANCE) return;
  const estimate = sum === null ? 'The price of the jobs is unknown' : `The jobs may cost ${dollars(sum)}`;
  const before = accepted === undefined || sum === null ? '' : `, more than the accepted ${dollars(accepted)}`;
  throw new AppError(
    'confirmation_needed',
    `${estimate}${before}. Give accepted_usd with the estimate that a person accepts, or max_cost_usd with a cap.`,
  );
}

/** The part of the cap that a batch gets. */
function shareOf(
  { max_cost_usd: cap }: Processing,
  candidates: readonly Candidate[],
): (candidate: Candidate) => number | undefined {
  if (cap === undefined) return () => undefined;
  const startable = candidates.filter(({ error }) => error === undefined);
  const shares = shareCap(
    cap,
    startable.map(({ spendingUsd }) => spendingUsd),
  );
  return (candidate) => shares[startable.indexOf(candidate)];
}

async function processBatch(
  candidate: Candidate,
  { request, cap: given }: { request: Processing; cap: number | undefined },
  parts: JobsParts,
): Promise<{ result: ProcessedQueue; wasChanged: boolean }> {
  const { queue, batchId, error } = candidate;
  const { store, runner, now } = parts;
  const result: ProcessedQueue = {
    ...{ agent: `${queue.agent}@${queue.version}`, model: queue.model, batch_id: null, jobs: 0, later: 0, expired: 0 },
    ...{ expected_usd: null, executor: null, error: null },
  };
  const failed = ({ code, message }: AppError) => ({
    result: { ...result, error: { code, message } },
    wasChanged: code === 'batch_state_invalid',
  });
  if (error !== undefined) return failed(error);
  const wasStanding = await store.closeStanding(queue, batchId);
  try {
    const sifted = await sift(candidate, request, parts);
    Object.assign(result, { later: sifted.later, expired: sifted.expired });
    const batch = await store.readBatch(batchId);
    if (batch === undefined || batch.status !== 'collecting') return { result, wasChanged: true };
    const { rows } = batch.totals;
    const { jobs = 0 } = queue.collecting.find((one) => one.batchId === batchId) ?? {};
    const wasChanged = rows + sifted.later + sifted.expired < jobs;
    if (rows === 0) await runner.cancel(batchId);
    if (rows === 0 || wasChanged) return { result, wasChanged };
    const ownCap = request.isUnattended === true ? sifted.capUsd : Number.POSITIVE_INFINITY;
    const cap = Math.min(ownCap, given ?? Number.POSITIVE_INFINITY);
    const hours = sifted.deadline === null ? undefined : Math.max(0.01, (sifted.deadline - now()) / HOUR_MS);
    const options = {
      ...{ ...STANDING_OPTIONS, mode: request.mode },
      ...(Number.isFinite(cap) && { max_cost_usd: cap }),
      ...(hours !== undefined && request.mode !== 'realtime' && { batch_deadline_hours: hours }),
    };
    const { plan } = await runner.run(batchId, { options }, async ({ spending_usd }) => {
      // Jobs may have arrived since the estimate was accepted.
      requireConsent(request, [{ ...candidate, spendingUsd: spending_usd }]);
    });
    const { executor = null } = plan.execution ?? {};
    const started = { batch_id: batchId, jobs: rows, expected_usd: plan.spending_usd, executor };
    return { result: { ...result, ...started }, wasChanged: false };
  } catch (thrown) {
    const fault = toAppError(thrown);
    if (fault.code === 'store_unavailable' || fault.code === 'internal') throw fault;
    if (wasStanding) await store.reopenStanding(queue, batchId);
    return failed(fault);
  }
}

async function sift({ queue, batchId }: Candidate, { isUnattended = false }: Processing, parts: JobsParts) {
  const { store, runner, now } = parts;
  const { agent, version, model } = queue;
  const opened = await runner.openStanding({ agent, version, provider: model }, STANDING_OPTIONS);
  const sum = { later: 0, expired: 0 };
  for (;;) {
    const step = await store.siftJobs({
      ...{ queue: { agent, version, model }, from: batchId, to: opened.batch, now: now(), cappedOnly: isUnattended },
    });
    sum.later += step.moved;
    sum.expired += step.expired;
    if (step.isDone) return { ...sum, deadline: step.deadline, capUsd: step.capMicroUsd / 1e6 };
  }
}
