import type { JobStore } from '../../../storage/jobs.ts';

/** Jobs that are moved in one transaction. */
const PORTION = 1_000;

/**
 * Puts the rows of a batch of jobs in the order of their priorities, before anything ran: claims then take rows by their
 * numbers, as in every batch. A crash between two portions leaves another order, which the next call puts right.
 */
export async function orderJobs(batchId: string, store: Pick<JobStore, 'readJobOrder' | 'moveJobs'>): Promise<void> {
  const rows = await store.readJobOrder(batchId);
  for (let at = 0; at < rows.length; at += PORTION) await store.moveJobs(batchId, rows.slice(at, at + PORTION));
}
