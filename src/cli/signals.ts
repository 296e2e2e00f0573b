/** Equal signals within this time count as one: a terminal, npm and the launcher may each deliver the same Ctrl-C. */
const SAME_SIGNAL_MS = 300;

export type SignalName = 'SIGINT' | 'SIGTERM';

/** Subscribes to the signals that ask a process to stop; returns the function that unsubscribes. */
export type Signals = (listener: (name: SignalName) => void) => () => void;

/** The process's own signals. They don't end the process while a listener is subscribed. */
export function processSignals(process: NodeJS.Process): Signals {
  return (listener) => {
    const onSignal = (name: NodeJS.Signals) => {
      if (name === 'SIGINT' || name === 'SIGTERM') listener(name);
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
    return () => {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    };
  };
}

/** The two stop signals of a long command: the first drains, the second stops immediately. */
export interface Stop {
  /** Aborted by the first signal. */
  signal: AbortSignal;
  /** Aborted by the second. */
  hardSignal: AbortSignal;
  /** Stops listening. Idempotent. */
  close(): void;
}

/**
 * Counts signals; `onFirst` and `onSecond` print what happens next. With `hardAfterMs`, that time after the first counts
 * as the second.
 */
export function listenForStop(
  signals: Signals,
  tell: { onFirst: () => void; onSecond: () => void; hardAfterMs?: number },
  now: () => number = () => performance.now(),
): Stop {
  const drain = new AbortController();
  const hard = new AbortController();
  let last: { name: SignalName; at: number } | undefined;
  let late: NodeJS.Timeout | undefined;
  const stopHard = () => {
    if (hard.signal.aborted) return;
    hard.abort();
    tell.onSecond();
  };
  const unsubscribe = signals((name) => {
    const repeated = last !== undefined && last.name === name && now() - last.at < SAME_SIGNAL_MS;
    last = { name, at: now() };
    if (repeated) return;
    if (!drain.signal.aborted) {
      drain.abort();
      tell.onFirst();
      if (tell.hardAfterMs !== undefined) late = setTimeout(stopHard, tell.hardAfterMs);
    } else stopHard();
  });
  return {
    signal: drain.signal,
    hardSignal: hard.signal,
    close: () => {
      clearTimeout(late);
      unsubscribe();
    },
  };
}
