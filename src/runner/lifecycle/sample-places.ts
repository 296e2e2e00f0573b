import type { BatchRecord } from '../../storage/batches.ts';
import { createRandomSample, type RandomSample } from '../intake/table/random-sample.ts';
import { storedPlanOf } from '../output/results.ts';
import type { Drive } from './drive-context.ts';

/** Rows that get their places in one transaction. */
const PLACED_AT_ONCE = 1_000;

/** The rows of a sample that is spread over the table; its seed is the id of the batch. */
export function randomSampleOf(batch: BatchRecord): RandomSample | undefined {
  const { id, rowLimit } = batch;
  const isRandom = storedPlanOf(batch).request.options?.random === true;
  return rowLimit === null || !isRandom ? undefined : createRandomSample(rowLimit, id);
}

/** The n-th row of the sample gets the place n, so that the row limit counts them. */
export async function placeSample(rows: readonly number[], { deps, fence }: Drive): Promise<void> {
  for (let at = 0; at < rows.length; at += PLACED_AT_ONCE) {
    const portion = rows.slice(at, at + PLACED_AT_ONCE).map((row, index) => ({ row, place: at + index }));
    await deps.store.orderRows(fence, portion);
  }
}
