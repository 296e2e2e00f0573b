import type { Clock } from '../base/clock.ts';
import { toAppError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { JobStore } from '../storage/jobs.ts';
import type { OverviewStore } from '../storage/overview.ts';
import type { UsageStore } from '../storage/usage.ts';

const EVERY_MS = 20_000;

type SampleStore = Pick<UsageStore, 'noteWaiting'> &
  Pick<OverviewStore, 'readActiveBatches'> &
  Pick<JobStore, 'listQueues'>;

/** Notes how much waits, a few times a minute, until `signal` fires. Any number of processes may do it on one store. */
export async function keepSamples(
  { store, clock, log }: { store: SampleStore; clock: Clock; log: Log },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await sampleOnce(store, clock.now()).catch((thrown: unknown) => {
      log.error({ code: toAppError(thrown).code }, 'what waits could not be noted');
    });
    await clock.sleep(EVERY_MS, signal).catch(() => undefined);
  }
}

/** Notes how much waits now. */
export async function sampleOnce(store: SampleStore, now: number): Promise<void> {
  const [queues, batches] = await Promise.all([store.listQueues(), store.readActiveBatches()]);
  await store.noteWaiting({
    at: now,
    jobs: queues.reduce((sum, { waiting }) => sum + waiting, 0),
    rows: batches.reduce((sum, { queued }) => sum + queued, 0),
    oldestMs: Math.max(0, ...queues.map(({ oldestAt }) => (oldestAt === null ? 0 : now - oldestAt))),
  });
}
