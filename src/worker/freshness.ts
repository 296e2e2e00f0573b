/** Whether the coordinator of a batch was there a moment ago. */
export interface Freshness {
  isFresh(): boolean;
  /** Resolves when it is there again. */
  fresh(): Promise<void>;
  /** It has answered a request that was made at this time. */
  prove(at: number): void;
  /** Nothing is known of it any more: there is another one. */
  forget(): void;
}

/** A worker that has had no sign of the coordinator for this long sends nothing new, in milliseconds. */
const FRESH_MS = 2_000;

/** Starts without a sign. @param onReturn called when it is there, and was not */
export function createFreshness(now: () => number, onReturn: () => void): Freshness {
  let provedAt = Number.NEGATIVE_INFINITY;
  const waiting: (() => void)[] = [];
  const isFresh = () => now() - provedAt <= FRESH_MS;
  return {
    isFresh,
    fresh: () => (isFresh() ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
    prove(at) {
      const was = isFresh();
      provedAt = Math.max(provedAt, at);
      if (was || !isFresh()) return;
      onReturn();
      for (const wake of waiting.splice(0)) wake();
    },
    forget() {
      provedAt = Number.NEGATIVE_INFINITY;
    },
  };
}
