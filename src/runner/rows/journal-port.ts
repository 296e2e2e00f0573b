import type { JournalAnswer, JournalEntry, JournalIntent, JournalKey } from '../../storage/journal.ts';
import type { RunCache } from './answer-cache.ts';

/**
 * The journal and the money as a run sees them. What stands behind it commits under the batch's epoch, in the process that
 * holds the lease; a run in another process would stream these calls to it. Money is in micro-dollars.
 *
 * Contract: a promise that resolved is committed. A commit of an owner that lost its batch rejects with `lease_lost`.
 */
export interface JournalPort {
  /** What an earlier claim of the row left. */
  read(run: string): Promise<JournalEntry[]>;
  /**
   * Commits room for a call at its worst price, before its intent. Waits for what calls in flight leave.
   * @throws AppError `budget_reached`
   */
  reserve(worst: number): Promise<void>;
  /** The call is over: `cost` was charged (0 when it was refused), or undefined when that is not known. */
  settle(worst: number, cost: number | undefined): void;
  /** Commits an intent before its call is sent. Gives whether the lease that was proved then still holds, for the last moment before the send. */
  commitIntent(intent: JournalIntent): Promise<() => boolean>;
  commitAnswer(key: JournalKey, answer: JournalAnswer): Promise<void>;
  /** The last send is known to have been refused and not charged. */
  commitRefusal(key: JournalKey): Promise<void>;
  /** Present where a batch allows answers of other rows: the cache as one run sees it. */
  openCache?(run: string): RunCache;
}
