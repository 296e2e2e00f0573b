import { AppError } from '../../base/errors.ts';

/** The active chat turns, so that a server that stops can wait for them or end them. */
export interface OpenTurns {
  /** Fires when turns must end now; its reason is the error that clients get. */
  stopping: AbortSignal;
  /** Counts a turn until it is over; returns the same promise. */
  track(turn: Promise<void>): Promise<void>;
  /** Ends every turn; resolves when each is over and stored. Idempotent. */
  end(): Promise<void>;
}

/** Starts with no turn. */
export function createOpenTurns(): OpenTurns {
  const stop = new AbortController();
  const open = new Set<Promise<void>>();
  return {
    stopping: stop.signal,
    track(turn) {
      const counted = turn.finally(() => open.delete(counted));
      open.add(counted);
      return counted;
    },
    async end() {
      const told = 'The server is stopping. The conversation is kept: send your next message after the restart.';
      stop.abort(new AppError('aborted', told, { retryable: true }));
      await Promise.allSettled(open);
    },
  };
}
