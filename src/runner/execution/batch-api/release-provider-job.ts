import type { Fence } from '../../../storage/leases.ts';
import type { ProviderJobState } from '../../../storage/provider-jobs.ts';
import type { ExecutionDeps } from '../execution-deps.ts';
import { updateProviderJob } from './update-provider-job.ts';

/** Rows of one transaction: about 20 ms. */
const PORTION = 1_000;

/**
 * Queues the rows that still wait in a job, and ends the job as `state`. Called again after a crash, it continues.
 * @param kind whether their calls are known not to be charged (`refused`), or may have been charged (`lost`)
 */
export async function releaseProviderJob(
  jobId: string,
  { kind, state }: { kind: 'refused' | 'lost'; state: Extract<ProviderJobState, 'done' | 'dropped' | 'left'> },
  { fence, deps }: { fence: Fence; deps: ExecutionDeps },
): Promise<void> {
  const { store, clock } = deps;
  while (true) {
    const rows = await store.readProviderJobRows(fence.batchId, jobId, PORTION);
    if (rows.length === 0) break;
    const results = rows.map((row) => ({ ...row, kind }));
    await store.settleProviderJobRows(fence, jobId, results);
  }
  await updateProviderJob(jobId, { state, stage: null, endedAt: clock.now() }, { fence, deps });
}
