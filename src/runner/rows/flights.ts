import { AppError } from '../../base/errors.ts';

/**
 * What a request found of identical ones at work in this process. `lead`: none, or the leader's attempt has failed; it
 * leads now, and {@link Flights.land} must follow. `landed`: the leader's attempt has succeeded.
 */
type Seat = 'lead' | 'landed';

/**
 * Identical requests at work: one leads, the others wait for how its attempt ends, on nobody's time.
 *
 * Nobody waits in a circle: a run waits for a request only with requests of its own in the lead that are shorter, for
 * transcripts only grow, and the leader of the longer one has those behind it.
 */
export interface Flights {
  /** Rejects with `aborted` when `signal` fires. */
  join(key: string, signal: AbortSignal): Promise<Seat>;
  /** The leader's attempt is over. After a success all who wait go on; after a failure the longest waiting one leads. */
  land(key: string, succeeded: boolean): void;
}

/** Makes an empty set of flights. */
export function createFlights(): Flights {
  const waiting = new Map<string, Set<(seat: Seat) => void>>();
  return {
    async join(key, signal) {
      const others = waiting.get(key);
      if (others === undefined) {
        waiting.set(key, new Set());
        return 'lead';
      }
      if (signal.aborted) throw cancelled();
      return new Promise<Seat>((resolve, reject) => {
        const leave = () => {
          others.delete(go);
          signal.removeEventListener('abort', onAbort);
        };
        // Whoever is told to lead has left the waiting at that moment, so that a lead is never given to one who went.
        const go = (seat: Seat) => {
          leave();
          resolve(seat);
        };
        const onAbort = () => {
          leave();
          reject(cancelled());
        };
        others.add(go);
        signal.addEventListener('abort', onAbort);
      });
    },
    land(key, succeeded) {
      const others = waiting.get(key) ?? new Set();
      const [first] = others;
      if (first !== undefined && !succeeded) {
        first('lead');
        return;
      }
      waiting.delete(key);
      for (const go of others) go('landed');
    },
  };
}

/** For work in which nobody may wait for another: identical requests each go their own way. */
export const NO_FLIGHTS: Flights = { join: async () => 'lead', land: () => undefined };

function cancelled(): AppError {
  return new AppError('aborted', 'The call was cancelled while it waited for an identical one.');
}
