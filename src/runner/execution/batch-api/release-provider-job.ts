import type { Fence } from '../../../storage/leases.ts';
import type { ProviderJobState } from '../../../storage/provider-jobs.ts';
import type { ExecutionDeps } from '../execution-deps.ts';

/** Rows of one transaction: about 20 ms. */
const PORTION = 1_000;

/**
 * Queues the rows that still wait in a job, and ends the job as `state`. Again after a crash, it goes on where it was.
 * @param kind whether their calls are known not to be charged (`refused`), or may have been (`lost`)
 */
export async function releaseProviderJob(
  jobId: string,
  { kind, state }: { kind: 'refused' | 'lost'; state: Extract<ProviderJobState, 'done' | 'dropped' | 'left'> },
  { fence, deps: { store, clock } }: { fence: Fence; deps: ExecutionDeps },
): Promise<void> {
  while (true) {
    const rows = await store.readProviderJobRows(fence.batchId, jobId, PORTION);
    if (rows.length === 0) break;
    const results = rows.map((row) => ({ ...row, kind }));
    await store.settleProviderJobRows(fence, jobId, results);
  }
  await store.updateProviderJob(fence, jobId, { state, endedAt: clock.now() });
}
