import { AppError } from '../../base/errors.ts';
import type { BatchRecord } from '../../storage/batches.ts';
import type { Estimate } from '../contract/report/estimate.ts';
import type { RetryRequest } from '../contract/request/request.ts';
import type { RunnerDeps } from '../deps.ts';
import { estimateRest } from '../output/estimate-rest.ts';
import { planRest } from '../output/plan-rest.ts';
import { ENDED } from './batch.ts';
import { askForRow, checkForRow } from './row-requests.ts';

/** A retry of one row, in a batch that has not ended: the row is queued again. */
export function isRequeue({ status }: BatchRecord, { row }: RetryRequest): boolean {
  return row !== undefined && !ENDED.includes(status);
}

/**
 * Checks and estimates that one row of a batch in progress is queued again; changes nothing.
 * @throws AppError `batch_state_invalid`, `invalid_arguments`, `not_found`
 */
export async function planRequeue(
  batch: BatchRecord,
  request: RetryRequest,
  deps: RunnerDeps,
): Promise<{ rows: number; estimate: Estimate | null }> {
  const { row = 0, ...others } = request;
  const extra = Object.keys(others);
  if (extra.length > 0) {
    const text = `A row of ${batch.id}, which is ${batch.status}, runs under the limits of the batch: leave out ${extra.join(', ')}.`;
    throw new AppError('invalid_arguments', text);
  }
  await checkForRow(batch, { row, act: 'requeue' }, deps);
  const next = await planRest(batch, { rows: 1, jobs: [] }, deps);
  const ways = next && { shares: next.shares, executors: deps.executors };
  const bill = await deps.store.readBill(batch.id);
  return { rows: 1, estimate: estimateRest(batch, bill, { rows: 1, prices: deps.prices, ways }) };
}

/** Queues one failed row of a batch in progress again. @throws AppError as {@link planRequeue} */
export async function requeueRow(batch: BatchRecord, request: RetryRequest, deps: RunnerDeps): Promise<void> {
  await planRequeue(batch, request, deps);
  await askForRow(batch, { row: request.row ?? 0, act: 'requeue' }, deps);
}
