/** The runs that workers carry out since an earlier lease, until their rows are claimed under this one. */
export interface HeldRuns {
  hold(run: string, worker: string): void;
  /** The worker that holds a run, whose row is claimed now; its requests go on. */
  take(run: string): string | undefined;
  /** Resolves when the row is claimed; undefined where the worker does not hold it. */
  claimed(run: string, worker: string): Promise<void> | undefined;
}

/** Starts without runs. */
export function createHeldRuns(): HeldRuns {
  const held = new Map<string, { worker: string; claimed: Promise<void>; tell: () => void }>();
  return {
    hold(run, worker) {
      const { promise: claimed, resolve: tell } = Promise.withResolvers<void>();
      held.set(run, { worker, claimed, tell });
    },
    take(run) {
      const found = held.get(run);
      held.delete(run);
      found?.tell();
      return found?.worker;
    },
    claimed(run, worker) {
      const found = held.get(run);
      return found?.worker === worker ? found.claimed : undefined;
    },
  };
}
