import type { Fence } from '../../../storage/leases.ts';
import type { ProviderJobChange, ProviderJobState } from '../../../storage/provider-jobs.ts';
import type { ExecutionDeps } from '../execution-deps.ts';

/** The batch and dependencies of a job. */
interface Owner {
  fence: Fence;
  deps: ExecutionDeps;
}

/** Changes a provider job in the store, and reports its state once that is stored. */
export async function updateProviderJob(jobId: string, change: ProviderJobChange, owner: Owner): Promise<void> {
  await owner.deps.store.updateProviderJob(owner.fence, jobId, change);
  if (change.state !== undefined) emitProviderJobStatus(jobId, change.state, owner);
  else if (change.stage !== undefined || change.reported !== undefined) {
    const { fence, deps } = owner;
    deps.events.emit('provider-job-progress', { batchId: fence.batchId, jobId, at: deps.clock.now() });
  }
}

/** Reports the state of a provider job. */
export function emitProviderJobStatus(jobId: string, status: ProviderJobState, { fence, deps }: Owner): void {
  deps.events.emit('provider-job-status', { batchId: fence.batchId, jobId, status, at: deps.clock.now() });
}
