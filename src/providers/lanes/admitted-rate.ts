/** The rate of calls that a server admits: of those sent since a start, all but the refused ones. */
export interface AdmittedRate {
  /** @param canMove whether the start may be moved: not during a rest, after which measures start */
  sent(number: number, now: number, canMove: boolean): void;
  refused(number: number): void;
  /** From the start until a time, and until the last call sent by then: calls a millisecond, and how many they are. */
  until(at: number, after: number): { rate: number; admitted: number };
  /** Starts anew: `after` is the last call before. */
  restart(at: number, after: number): void;
  start(): MeasureStart | undefined;
  /** Undoes the restarts since another start. The refusal that led to the first of them counts from there. */
  restore(earlier: MeasureStart): void;
}

/** The start of a measure: its time, the last call before it, and the calls refused since. */
export interface MeasureStart {
  at: number;
  after: number;
  refused: number;
}

/** Fewer admitted calls are no measure by themselves. */
export const LEAST_MEASURE = 50;
/** Older calls say nothing about the rate. */
const MEASURE_MS = 60_000;

/** Starts with the first call. */
export function createAdmittedRate(): AdmittedRate {
  let start: MeasureStart | undefined;
  return {
    sent(number, now, canMove) {
      if (start === undefined) start = { at: now, after: number - 1, refused: 0 };
      // The turns of a limit by the minute are whole minutes after the end of a rest, so measures start there.
      else if (canMove && now - start.at >= MEASURE_MS && number - start.after > LEAST_MEASURE)
        start = { at: now - ((now - start.at) % MEASURE_MS), after: number - 1, refused: 0 };
    },
    refused(number) {
      if (start !== undefined && number > start.after) start.refused += 1;
    },
    until(at, after) {
      if (start === undefined) return { rate: 0, admitted: 0 };
      const admitted = after - start.after - start.refused;
      return { rate: admitted / wholeMinutes(at - start.at), admitted };
    },
    restart(at, after) {
      start = { at, after, refused: 0 };
    },
    start: () => start,
    restore(earlier) {
      if (start !== earlier) start = { ...earlier, refused: earlier.refused + 1 };
    },
  };
}

/** A limit by the minute opens at its turn, which a rest finds up to some seconds late. */
function wholeMinutes(elapsedMs: number): number {
  const minutes = Math.floor(elapsedMs / 60_000) * 60_000;
  return minutes > 0 && elapsedMs - minutes < 3000 ? minutes : elapsedMs;
}
