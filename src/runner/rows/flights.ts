import { AppError } from '../../base/errors.ts';

/**
 * The result of joining identical requests of this process. `lead`: there is no leader, or its attempt has failed; the
 * caller leads now and must call {@link Flights.land}. `landed`: the leader's attempt has succeeded.
 */
type Seat = 'lead' | 'landed';

/**
 * Identical requests in flight: one leads, the others wait until the leader's attempt ends. The wait does not count as
 * a run's time.
 *
 * Runs never wait in a circle. A run that waits for a request leads only shorter requests, because transcripts only
 * grow, and the leader of the longer request has already passed the shorter ones.
 */
export interface Flights {
  /** Rejects with `aborted` when `signal` fires. */
  join(key: string, signal: AbortSignal): Promise<Seat>;
  /**
   * Reports the end of the leader's attempt. After a success all waiters continue; after a failure the one that has
   * waited longest leads.
   */
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
        // A new leader leaves the waiting set at the same moment, so that an aborted waiter never becomes the leader.
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

/** For runs that must not wait for each other: each identical request is sent separately. */
export const NO_FLIGHTS: Flights = { join: async () => 'lead', land: () => undefined };

function cancelled(): AppError {
  return new AppError('aborted', 'The call was cancelled while it waited for an identical one.');
}
