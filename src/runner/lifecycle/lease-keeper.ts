import { type AppError, toAppError } from '../../base/errors.ts';
import type { JsonObject } from '../../protocol/messages.ts';
import type { BatchRecord } from '../../storage/batches.ts';
import type { Fence } from '../../storage/leases.ts';
import type { RunnerDeps } from '../deps.ts';

/**
 * How often the lease is renewed and the batch's `control` read, in milliseconds, unless `heartbeatMs` says otherwise.
 */
const HEARTBEAT_MS = 1000;

/** Keeps a batch's lease while its owner drives the batch. */
export interface LeaseKeeper {
  /** The fault by which the lease was lost, if it was. */
  lost(): AppError | undefined;
  /** Ends the heartbeat. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts the heartbeat. Each beat calls `control` with the pending request to the owner, if any, and `settings` with
 * the settings of the batch. `lost` is called once, when this process may no longer write.
 */
export function keepLease(
  fence: Fence,
  deps: RunnerDeps,
  on: {
    control: (control: NonNullable<BatchRecord['control']>) => void;
    settings: (settings: JsonObject) => void;
    lost: (error: AppError) => void;
  },
): LeaseKeeper {
  const stopped = new AbortController();
  let lost: AppError | undefined;
  const beat = async (): Promise<void> => {
    while (!stopped.signal.aborted && lost === undefined) {
      try {
        const control = await deps.store.renewLease(fence);
        if (control !== null) on.control(control);
        on.settings(await deps.store.readSettings(fence.batchId));
      } catch (thrown) {
        const error = toAppError(thrown);
        if (error.code === 'lease_lost') {
          lost = error;
          on.lost(error);
          return;
        }
        deps.log.warn({ batchId: fence.batchId, code: error.code }, 'heartbeat failed; it will be retried');
      }
      await deps.clock.sleep(deps.heartbeatMs ?? HEARTBEAT_MS, stopped.signal).catch(ignoreAborted);
    }
  };
  const beating = beat();
  return {
    lost: () => lost,
    stop: async () => {
      stopped.abort();
      await beating;
    },
  };
}

function ignoreAborted(thrown: unknown): void {
  if (toAppError(thrown).code !== 'aborted') throw thrown;
}
