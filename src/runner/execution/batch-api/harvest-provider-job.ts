import { AppError, toAppError } from '../../../base/errors.ts';
import type { ModelResponse } from '../../../protocol/messages.ts';
import type { BatchOutcome, ProviderJobStatus } from '../../../providers/provider-jobs/batch-api.ts';
import type { JournalAnswer } from '../../../storage/journal.ts';
import type { ProviderJobRecord, ProviderJobRow, ProviderJobRowResult } from '../../../storage/provider-jobs.ts';
import type { RowRecord } from '../../../storage/rows.ts';
import { billedModel } from '../../rows/billed-model.ts';
import { policyOf } from '../../rows/retry-policy.ts';
import type { ProviderJobRun } from './provider-job-run.ts';
import { releaseProviderJob } from './release-provider-job.ts';
import { fromRequestId, toRequestId } from './request-key.ts';

/** Results of one transaction. */
const CHUNK = 500;

/** The result of a job. `unanswered`: it has no answer at all; `reason` gives the provider's words, as far as they are known. */
export type Harvest = ({ kind: 'answered' } | { kind: 'unanswered'; error: AppError; reason?: string }) & {
  /** A fault of the account that requests of the job had: every request would have it. */
  account?: AppError;
};

/**
 * Collects the results of an ended job: answers go into the journal, rows back to the queue. Every id is reconciled
 * here, whatever the provider counts. When started again after a crash, it skips the results that it has stored.
 */
export async function harvestProviderJob(
  run: ProviderJobRun,
  job: ProviderJobRecord,
  status: ProviderJobStatus,
): Promise<Harvest> {
  const { options, api } = run;
  const { store, log, clock } = options.deps;
  const { fence } = options;
  const wasAnswered = job.tally.answered > 0;
  const ids = idsOf(run, job);
  const first = await takeResults(run, job, { refusals: wasAnswered ? 'failed' : 'held', ids });
  // The job reports success but has no results: sending all its requests again would be paid twice.
  const isAllFailed = first.seen === 0 && hasAllFailed(status);
  if (first.seen === 0 && status.state === 'ended' && !isAllFailed) throw noResults(job);
  const answered = wasAnswered || first.answered;
  // Refusals before the first answer were skipped. It is known now whether there is an answer, so they are read again.
  if (first.leftOut) await takeResults(run, job, { refusals: answered ? 'failed' : 'refused', ids });
  // A request that the provider does not mention may have been charged.
  const mayBeCharged = (status.state === 'ended' && !isAllFailed) || (answered && api.omitsUnrun !== true);
  await releaseProviderJob(job.id, { kind: mayBeCharged ? 'lost' : 'refused', state: 'done' }, options);
  const reason = status.reason ?? first.refusal;
  if (reason !== undefined && !answered) {
    await store.updateProviderJob(fence, job.id, { error: { code: 'model_request_invalid', message: reason } });
  }
  log.info(
    { batchId: fence.batchId, job: job.id, state: status.state, at: clock.now() },
    'batch job results collected',
  );
  const account = first.account === undefined ? {} : { account: first.account };
  if (answered) return { kind: 'answered', ...account };
  const words = reason === undefined ? {} : { reason };
  return { kind: 'unanswered', error: fruitless(job, status, reason), ...words, ...account };
}

/** The provider counts every request as failed, so that none was charged; it gives no file that says why. */
function hasAllFailed({ counts }: ProviderJobStatus): boolean {
  return counts !== undefined && counts.total > 0 && counts.failed === counts.total;
}

/** The ids of a job's requests, read once and only if they are needed; none if some of its rows have left it. */
function idsOf({ options: { deps, fence } }: ProviderJobRun, job: ProviderJobRecord): () => Promise<readonly string[]> {
  let reading: Promise<string[]> | undefined;
  const read = async () => {
    const rows = await deps.store.readProviderJobRows(fence.batchId, job.id, job.requests);
    return rows.length === job.requests ? rows.map((row) => toRequestId(job.id, row)) : [];
  };
  return () => {
    reading ??= read();
    return reading;
  };
}

interface Taken {
  seen: number;
  answered: boolean;
  /** Whether refusals were skipped because no answer came before them. */
  leftOut: boolean;
  /** The message of the first refusal. */
  refusal: string | undefined;
  /** The first fault of the account. */
  account: AppError | undefined;
}

/**
 * Reads a job's results once and stores those that can be decided.
 * @param refusals the treatment of a permanently refused request. `failed`: its row fails. `refused`: its row is queued
 *   again, as after a whole job of such refusals. `held`: it is skipped until there is an answer, because the choice
 *   between the two is not known before.
 */
async function takeResults(
  run: ProviderJobRun,
  job: ProviderJobRecord,
  { refusals, ids }: { refusals: 'failed' | 'refused' | 'held'; ids: () => Promise<readonly string[]> },
): Promise<Taken> {
  const { options, api } = run;
  const { toolSpecs: tools, prefill, answer } = options.agent;
  const begun = { ...(prefill === undefined ? {} : { prefill }), ...(answer === undefined ? {} : { answer }) };
  const taken: Taken = { seen: 0, answered: false, leftOut: false, refusal: undefined, account: undefined };
  let chunk: ProviderJobRowResult[] = [];
  // Answers without keys are matched by the order of all requests: after a part of them was stored, no other process
  // could match the rest. They come in one body, so they are stored in one transaction.
  let isWhole = false;
  const held: Extract<ProviderJobRowResult, { kind: 'failed' }>[] = [];
  const asWhole = () => {
    isWhole = true;
    return ids();
  };
  const settle = async () => {
    const results = chunk;
    chunk = [];
    const settled = await options.deps.store.settleProviderJobRows(options.fence, job.id, results);
    results.forEach((result, index) => {
      if (settled[index] === true && result.kind === 'failed') tellFailed(run, result);
    });
    const { fence, deps } = options;
    deps.events.emit('batch-progress', {
      ...{ batchId: fence.batchId, stage: 'collecting', rows: results.length, at: deps.clock.now() },
    });
  };
  const asked = { model: job.model, tools, ...begun, ids: asWhole, signal: options.hard };
  const results = api.results(job.providerJobId ?? '', asked);
  for await (const { id, outcome } of results) {
    taken.seen += 1;
    const at = fromRequestId(job.id, id);
    if (at === undefined) continue;
    const result = await toResult(run, job, { at, outcome });
    if (outcome.kind === 'error' && policyOf(outcome.error) === 'pause') taken.account ??= outcome.error;
    if (result.kind === 'answered') taken.answered = true;
    if (result.kind === 'failed') {
      taken.refusal ??= result.result.error.message;
      if (refusals === 'held' && !taken.answered) {
        if (isWhole) held.push(result);
        else taken.leftOut = true;
        continue;
      }
    }
    chunk.push(result.kind === 'failed' && refusals === 'refused' ? asRefused(result) : result);
    if (chunk.length === CHUNK && !isWhole) await settle();
  }
  chunk.push(...held.map((result) => (taken.answered ? result : asRefused(result))));
  if (chunk.length > 0) await settle();
  return taken;
}

function asRefused({ row, attempt, turn }: ProviderJobRow): ProviderJobRowResult {
  return { row, attempt, turn, kind: 'refused' };
}

function noResults({ id, providerJobId }: ProviderJobRecord): AppError {
  return new AppError('model_response_invalid', `The job ${providerJobId ?? id} has ended without results.`);
}

function fruitless(job: ProviderJobRecord, { state }: ProviderJobStatus, reason: string | undefined): AppError {
  const why = reason === undefined ? '' : `: ${reason.replace(/\.$/, '')}`;
  return new AppError(
    'model_unavailable',
    `The job ${job.providerJobId ?? job.id} of ${job.requests} requests is finished (${state}) without any answer${why}.`,
    // A limit on enqueued requests may pass: jobs that end make room.
    { retryable: state === 'expired' || /enqueued/i.test(why) },
  );
}

function tellFailed(
  { watch, options: { deps, fence } }: ProviderJobRun,
  { row, attempt, turn, result }: Extract<ProviderJobRowResult, { kind: 'failed' }>,
): void {
  const { code, message } = result.error;
  const { processingMs, endedAt: at } = result;
  deps.events.emit('row-end', { batchId: fence.batchId, row, attempt, outcome: 'failed', code, processingMs, at });
  // A refusal is free; only the turns before it were charged.
  watch.see({ kind: 'failed', code, example: `row ${row}: ${message}`, isCharged: turn > 0 });
}

async function toResult(
  run: ProviderJobRun,
  job: ProviderJobRecord,
  { at, outcome }: { at: ProviderJobRow; outcome: BatchOutcome },
): Promise<ProviderJobRowResult> {
  switch (outcome.kind) {
    case 'answered':
      return { ...at, kind: 'answered', answer: toAnswer(run, job, outcome.response) };
    case 'error': {
      const { error } = outcome;
      if (error.outcomeUnknown) return { ...at, kind: 'lost' };
      if (error.retryable || policyOf(error) !== 'fail') return { ...at, kind: 'refused' };
      return failed(run, job, at, error);
    }
    default:
      return { ...at, kind: 'refused' };
  }
}

function toAnswer(run: ProviderJobRun, { model }: ProviderJobRecord, given: ModelResponse): JournalAnswer {
  const { provider, prices, standardPrices, options } = run;
  const { name } = provider;
  const response = provider.adopt?.({ model }, given) ?? given;
  const { usage } = response;
  const costs = prices.costsOf(name, model, usage) ?? null;
  return {
    response: response as unknown as JournalAnswer['response'],
    usage,
    costMicroUsd: costs === null ? null : costs.input + costs.output + costs.cacheWrite + costs.cacheRead,
    standardMicroUsd: standardPrices.priceOf(name, model, usage) ?? null,
    requestId: response.requestId ?? null,
    at: options.deps.clock.now(),
    billed: { model: billedModel(name, model), costs },
  };
}

async function failed(
  run: ProviderJobRun,
  job: ProviderJobRecord,
  at: ProviderJobRow,
  error: AppError,
): Promise<ProviderJobRowResult> {
  const { fence, deps } = run.options;
  const { clock, store } = deps;
  const row = await readRow(run, at.row);
  const input = row === undefined ? null : await run.attempts.inputOf(row);
  const endedAt = clock.now();
  const { code, message } = error;
  const calls = at.turn === 0 ? [] : await store.readJournal(`${fence.batchId}/${at.row}/${at.attempt}`);
  return {
    ...at,
    kind: 'failed',
    result: {
      ...{ status: 'failed', input, error: { code, message }, endedAt },
      processingMs: Math.max(0, endedAt - (job.submittedAt ?? endedAt)),
      costMicroUsd: calls.reduce((sum, { answer }) => sum + (answer?.costMicroUsd ?? 0), 0),
    },
  };
}

async function readRow({ options: { deps, fence } }: ProviderJobRun, number: number): Promise<RowRecord | undefined> {
  const [row] = await deps.store.readRows(fence.batchId, { fromRow: number, limit: 1 });
  return row?.row === number ? row : undefined;
}

/** Whether a fault of reading may pass, so that the caller can try again later. */
export function isPassing(thrown: unknown): boolean {
  const { code, retryable } = toAppError(thrown);
  return retryable && code !== 'lease_lost' && code !== 'store_unavailable';
}
