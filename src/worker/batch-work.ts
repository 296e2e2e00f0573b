import { toAppError } from '../base/errors.ts';
import type { StreamSender } from '../fleet/stream-sender.ts';
import type { BegunTask } from '../runner/execution/fleet/messages.ts';
import { type BatchSession, createBatchSession } from './batch-session.ts';
import { type OpenedSnapshot, openSnapshot, type WorkerParts } from './open-snapshots.ts';
import type { RequestNumbers } from './pending-requests.ts';
import { createReadiness, type Readiness } from './readiness.ts';
import type { Slots } from './slots.ts';

/** What a worker does for one batch. */
export interface BatchWork {
  session: BatchSession;
  /** A run has been given to this worker. */
  begin(run: string): void;
  end(run: string): void;
  running(): number;
  /** Resolves when all of them have ended, or when the coordinator is silent. */
  settled(): Promise<void>;
  readiness: Readiness;
  /** Fires when a run is to end. */
  signalOf(run: string): AbortSignal;
  /** Opened once for all rows that have it. @throws AppError where this worker can't run the agent */
  snapshot(begun: BegunTask): Promise<OpenedSnapshot>;
  /** Why this worker can't run the batch's agent; null: it can, as far as it is known. */
  unfit(): string | null;
  close(): Promise<void>;
}

/** What the work on all batches of a worker has in common. */
export interface BatchWorkParts {
  worker: string;
  sender: StreamSender;
  numbers: RequestNumbers;
  slots: Slots;
  parts: WorkerParts;
  hard: AbortSignal;
}

/** Begins the work on a batch, at the lease that a chunk names. */
export function createBatchWork(
  { batchId, epoch }: { batchId: string; epoch: number },
  { worker, sender, numbers, slots, parts, hard }: BatchWorkParts,
): BatchWork {
  const runs = new Map<string, AbortController>();
  let onSettled: (() => void) | undefined;
  // Not by AbortSignal.any: a signal of two others costs a row 15 µs.
  const abortAll = () => {
    for (const run of runs.values()) run.abort();
  };
  hard.addEventListener('abort', abortAll);
  let unfit: string | null = null;
  const snapshots = new Map<string, Promise<OpenedSnapshot>>();
  const session = createBatchSession({
    ...{ batchId, epoch, worker, sender, numbers },
    monotonic: () => parts.clock.monotonic(),
    runs: () => [...runs.keys()],
    abort: (run) => runs.get(run)?.abort(),
  });
  return {
    session,
    begin(run) {
      const own = new AbortController();
      if (hard.aborted) own.abort();
      runs.set(run, own);
    },
    end(run) {
      runs.delete(run);
      if (runs.size === 0) onSettled?.();
    },
    running: () => runs.size,
    async settled() {
      if (runs.size === 0) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      onSettled = resolve;
      session.onSilence(resolve);
      await promise;
    },
    readiness: createReadiness(),
    signalOf: (run) => runs.get(run)?.signal ?? hard,
    snapshot(begun) {
      const known = snapshots.get(begun.snapshot);
      if (known !== undefined) return known;
      const opening = session
        .request({ kind: 'snapshot', hash: begun.snapshot })
        .then((snapshot) => openSnapshot(snapshot, begun, { session, slots, parts, hard }));
      snapshots.set(begun.snapshot, opening);
      opening.then(
        () => {
          unfit = null;
        },
        (thrown: unknown) => {
          const { message } = toAppError(thrown);
          if (message !== unfit) parts.log.warn({ batchId, reason: message }, 'this worker can not run the agent');
          unfit = message;
        },
      );
      // The reason may go away: a file is put in place.
      opening.catch(() => snapshots.delete(begun.snapshot));
      return opening;
    },
    unfit: () => unfit,
    async close() {
      hard.removeEventListener('abort', abortAll);
      session.close();
      const opened = await Promise.allSettled(snapshots.values());
      await Promise.all(opened.map((each) => (each.status === 'fulfilled' ? each.value.close() : undefined)));
    },
  };
}
