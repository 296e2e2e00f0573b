import type { JournalAnswer, JournalEntry, JournalIntent, JournalKey } from '../../storage/journal.ts';
import type { RunCache } from './answer-cache.ts';

/**
 * The journal and the budget of a run. The implementation commits under the batch's epoch, in the process that holds
 * the lease; a run in another process would stream these calls to it. Money is in micro-dollars.
 *
 * Contract: a promise that resolved is committed, or is committed before anything else that the run does by this port
 * takes effect. A commit of an owner that lost its batch rejects with `lease_lost`.
 */
export interface JournalPort {
  /** The entries of earlier claims of the row. */
  read(run: string): Promise<JournalEntry[]>;
  /**
   * Commits room for a call at its worst price, before its intent. Waits for the room that calls in flight leave.
   * @param worst undefined when the price is unknown
   * @throws AppError `budget_reached`, `budget_unpriced`
   */
  reserve(worst: number | undefined): Promise<void>;
  /**
   * Reports that the call has ended. `cost` is the charge (0 when the call was refused); undefined when it is unknown.
   */
  settle(worst: number, cost: number | undefined, key: JournalKey): void;
  /**
   * Commits an intent before its call is sent. Returns a check for the last moment before the send: whether the proof
   * of the lease is still fresh.
   */
  commitIntent(intent: JournalIntent): Promise<() => boolean>;
  commitAnswer(key: JournalKey, answer: JournalAnswer): Promise<void>;
  /** Commits that the last send was refused and not charged. */
  commitRefusal(key: JournalKey): Promise<void>;
  /** Opens the cache of one run. Present where a batch allows answers of other rows. */
  openCache?(run: string): RunCache;
}
