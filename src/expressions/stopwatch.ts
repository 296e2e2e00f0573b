/**
 * The processor time that one evaluation, or the searches of one regular expression, may take. They run without a pause,
 * so a runaway one blocks the process this long.
 */
export const MAX_TIME_MS = 1000;

/** Measures the time of work that runs without a pause. */
export interface Stopwatch {
  /** Whether the work has taken longer than {@link MAX_TIME_MS}. */
  isOver(): boolean;
}

/**
 * Starts a stopwatch. The clock on the wall is cheap to read, and decides only that the processor's time is read: a
 * process that was stopped, a machine that slept or has other work to do is no fault of an expression.
 */
export function startStopwatch(): Stopwatch {
  const startedCpuMs = cpuMs();
  let checkAt = performance.now() + MAX_TIME_MS;
  return {
    isOver() {
      const now = performance.now();
      if (now < checkAt) return false;
      const spentMs = cpuMs() - startedCpuMs;
      checkAt = now + Math.max(1, MAX_TIME_MS - spentMs);
      return spentMs >= MAX_TIME_MS;
    },
  };
}

/** Processor time of this thread; of the process where Node does not know the thread's. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage?.() ?? process.cpuUsage();
  return (user + system) / 1000;
}
