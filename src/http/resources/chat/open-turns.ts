import { AppError } from '../../../base/errors.ts';

/** Chat turns that one server answers at the same time. */
export const MAX_TURNS = 256;

/** The active chat turns, so that a server that stops can wait for them or end them. */
export interface OpenTurns {
  /** Fires when turns must end now; its reason is the error that clients get. */
  stopping: AbortSignal;
  /**
   * Takes one of the places for turns; the returned function, which is idempotent, gives it back.
   * @throws AppError `too_busy` when all are taken
   */
  enter(): () => void;
  /** Counts a turn until it is over; returns the same promise. */
  track(turn: Promise<void>): Promise<void>;
  /** Ends every turn; resolves when each is over and stored. Idempotent. */
  end(): Promise<void>;
}

/** Starts with no turn. */
export function createOpenTurns(maxTurns: number = MAX_TURNS): OpenTurns {
  let places = 0;
  const stop = new AbortController();
  const open = new Set<Promise<void>>();
  return {
    stopping: stop.signal,
    enter() {
      if (places >= maxTurns) {
        const message = `${maxTurns} messages are being answered at the same time, the most that this server allows. Send yours again.`;
        throw new AppError('too_busy', message, { retryable: true, retryAfterMs: 5_000 });
      }
      places += 1;
      let isTaken = true;
      return () => {
        if (isTaken) places -= 1;
        isTaken = false;
      };
    },
    track(turn) {
      const counted = turn.finally(() => open.delete(counted));
      open.add(counted);
      return counted;
    },
    async end() {
      const message = 'The server is stopping. The conversation is kept: send your next message after the restart.';
      stop.abort(new AppError('aborted', message, { retryable: true }));
      await Promise.allSettled(open);
    },
  };
}
