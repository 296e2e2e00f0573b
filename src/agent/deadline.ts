import type { Clock } from '../clock.ts';

/** A signal that fires when its parent does or when its time is up, and knows which of the two it was. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** True when the time was up before the parent fired. */
  expired(): boolean;
  /** Fires the signal for a reason of its own, unless it has fired. */
  abort(reason: unknown): void;
  /** Lets go of the timer and the parent. Idempotent. */
  end(): void;
}

/** Starts a {@link Deadline}. Not `AbortSignal.any`: a batch's signal outlives thousands of rows, and must not keep them. */
export function startDeadline(parent: AbortSignal, timeoutMs: number, clock: Clock): Deadline {
  const controller = new AbortController();
  let expired = false;
  const follow = () => controller.abort(parent.reason);
  const cancel = after(timeoutMs, clock, () => {
    expired = !controller.signal.aborted;
    controller.abort(new DOMException('The deadline has passed.', 'TimeoutError'));
  });
  if (parent.aborted) follow();
  else parent.addEventListener('abort', follow, { once: true });
  return {
    signal: controller.signal,
    expired: () => expired,
    abort: (reason) => controller.abort(reason),
    end: () => {
      cancel();
      parent.removeEventListener('abort', follow);
    },
  };
}

/**
 * The promise's outcome, or a rejection with the signal's reason when it fires first.
 * @param graceMs how long the promise may still take after the signal, to settle in its own way
 */
export function untilAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal,
  { graceMs = 0, clock }: { graceMs?: number; clock: Clock },
): Promise<T> {
  return new Promise((resolve, reject) => {
    let cancelGrace: (() => void) | undefined;
    const giveUp = () => {
      if (graceMs === 0) reject(signal.reason);
      else cancelGrace = after(graceMs, clock, () => reject(signal.reason));
    };
    const tidy = () => {
      cancelGrace?.();
      signal.removeEventListener('abort', giveUp);
    };
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
    promise.then(
      (value) => {
        tidy();
        resolve(value);
      },
      (thrown) => {
        tidy();
        reject(thrown);
      },
    );
  });
}

/** Calls back once when the time is up; the returned function cancels that. */
function after(delayMs: number, clock: Clock, callback: () => void): () => void {
  const cancelled = new AbortController();
  clock.sleep(delayMs, cancelled.signal).then(callback, (thrown) => {
    // The one way in which a sleep rejects is that it was cancelled.
    if (!cancelled.signal.aborted) throw thrown;
  });
  return () => cancelled.abort();
}
