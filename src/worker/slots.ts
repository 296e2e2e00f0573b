/**
 * How many rows a worker runs at a time. A row has a slot while calls of it that were granted are in progress, and none
 * while it waits for its coordinator: so a row that waits there for another one never keeps that from running.
 */
export interface Slots {
  /** A call of a run was granted. Resolves when the run has a slot, in the order of the calls. Contract: never rejects. */
  enter(run: string): Promise<void>;
  /** Such a call has ended. */
  leave(run: string): void;
}

/** Starts with no row. @param count 1 and more */
export function createSlots(count: number): Slots {
  /** The calls in progress of each run that has a slot. */
  const calls = new Map<string, number>();
  let waiting: { run: string; go: () => void }[] = [];
  const take = (run: string): boolean => {
    const own = calls.get(run);
    if (own === undefined && calls.size >= count) return false;
    calls.set(run, (own ?? 0) + 1);
    return true;
  };
  return {
    enter(run) {
      if (take(run)) return Promise.resolve();
      return new Promise((resolve) => waiting.push({ run, go: resolve }));
    },
    leave(run) {
      const left = (calls.get(run) ?? 0) - 1;
      if (left > 0) calls.set(run, left);
      else calls.delete(run);
      if (left > 0 || waiting.length === 0) return;
      waiting = waiting.filter(({ run: next, go }) => {
        if (!take(next)) return true;
        go();
        return false;
      });
    },
  };
}
