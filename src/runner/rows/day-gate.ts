import { toAppError } from '../../base/errors.ts';
import type { JournalKey } from '../../storage/journal.ts';

/**
 * Lets a call wait for which the cap of the day has no room, while calls of this process are in flight: most cost less
 * than their worst price. It is shared by all batches and conversations of a process.
 */
export interface DayGate {
  /**
   * Commits the intent of a call, again after each end of another call while there is no room.
   * @throws AppError `budget_reached` when no call of this process is in flight, or waiting can't help
   */
  admit(key: JournalKey, commit: () => Promise<void>): Promise<void>;
  /** Reports the end of a call, also of one that was not admitted. */
  ended(key: JournalKey): void;
}

/** Starts without calls. */
export function createDayGate(): DayGate {
  const inFlight = new Set<string>();
  let ends = 0;
  let waiting: (() => void)[] = [];
  return {
    async admit(key, commit) {
      while (true) {
        const seen = ends;
        try {
          await commit();
          inFlight.add(textOf(key));
          return;
        } catch (thrown) {
          const { code, retryable } = toAppError(thrown);
          if (code !== 'budget_reached' || !retryable) throw thrown;
          // A call that ended meanwhile may have left room.
          if (ends === seen && inFlight.size === 0) throw thrown;
          if (ends === seen) await new Promise<void>((resolve) => waiting.push(resolve));
        }
      }
    },
    ended(key) {
      if (!inFlight.delete(textOf(key))) return;
      ends += 1;
      const woken = waiting;
      waiting = [];
      for (const wake of woken) wake();
    },
  };
}

/** The gates of keys with a budget: calls of one key wait for calls of that key only. */
export function createKeyGates(): (key: string) => DayGate {
  const gates = new Map<string, DayGate>();
  return (key) => {
    const gate = gates.get(key) ?? createDayGate();
    gates.set(key, gate);
    return gate;
  };
}

function textOf({ run, turn, call }: JournalKey): string {
  return `${run} ${turn} ${call}`;
}
