import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../../base/log.ts';
import { isBusy, toStoreFault } from './store-fault.ts';

const PAUSE_MS = 50;

/** How many attempts a write makes while another process holds the lock; each takes about 0.3 s. */
export interface LockAttempts {
  /** After so many, the wait is logged. */
  reported: number;
  /** The attempts of a write. */
  usual: number;
  /** The attempts of a write while {@link LockWait.waitLonger} holds. */
  long: number;
  /** The attempts after a long wait that failed, until a write succeeds: the long waits of one lock don't add up. */
  afterFailure: number;
}

/**
 * About 5 s, 13 s, 60 s and 3 s; more on a busy machine. Attempts are counted instead of time, so that a process without
 * CPU time doesn't give up early.
 */
export const LOCK_ATTEMPTS: LockAttempts = { reported: 16, usual: 45, long: 200, afterFailure: 10 };

/** How the writes of one store wait for the lock of another process. */
export interface LockWait {
  /** Repeats `attempt` while another process holds the lock. The event loop is free between attempts. */
  retry<T>(attempt: () => T): Promise<T>;
  /** Lets writes wait for a minute until the returned function is called, which is idempotent. */
  waitLonger(): () => void;
  /** Ends every long wait. */
  close(): void;
}

export interface LockWaitOptions {
  path: string;
  log: Log;
  attempts?: LockAttempts;
}

/** See {@link LockWait}. It logs one warning for each lock that lasts. */
export function createLockWait({ path, log, attempts = LOCK_ATTEMPTS }: LockWaitOptions): LockWait {
  const patient = new Set<symbol>();
  let hasFailed = false;
  let isClosing = false;
  const limit = () => {
    if (hasFailed) return attempts.afterFailure;
    return patient.size > 0 && !isClosing ? attempts.long : attempts.usual;
  };

  async function retry<T>(attempt: () => T): Promise<T> {
    for (let tried = 1; ; tried++) {
      try {
        const value = attempt();
        hasFailed = false;
        return value;
      } catch (thrown) {
        if (!isBusy(thrown)) throw toStoreFault(thrown, path);
        if (tried >= limit()) {
          hasFailed = patient.size > 0;
          throw toStoreFault(thrown, path);
        }
      }
      if (tried === attempts.reported && !hasFailed)
        log.warn({ path }, 'another process locks the database; waiting for it');
      await delay(PAUSE_MS);
    }
  }

  function waitLonger(): () => void {
    const one = Symbol();
    patient.add(one);
    return () => patient.delete(one);
  }

  return { retry, waitLonger, close: () => (isClosing = true) };
}
