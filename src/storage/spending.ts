import type { PersonMessage } from '../protocol/run.ts';

/** A question to a person whether something may be spent, and the answer. Money in micro-dollars. */
export interface ConsentRecord {
  /** What a client sends with the request that the person agreed to. */
  token: string;
  /** What the person types. */
  code: string;
  /** Digest of the request: the consent is for exactly this request. */
  request: string;
  /** What will be started, as the person reads it. */
  title: string;
  /** What the person agrees to; null when it is unknown. */
  expectedMicroUsd: number | null;
  /** The message that was being answered when the question arose; null outside of conversations. */
  said: PersonMessage | null;
  /** Milliseconds since the epoch. */
  expiresAt: number;
  /** When a person agreed; null before. */
  agreedAt: number | null;
  /** The key of the one action that it was used for; null before. */
  usedBy: string | null;
}

/** Something that is about to be started without asking a person. Money in micro-dollars. */
export interface UnaskedSpending {
  /** The action: repeated with the same key, it counts once. */
  key: string;
  batchId: string;
  expectedMicroUsd: number;
  /** What the batch has spent so far: earlier starts of it cover the rest of what they counted. */
  spentMicroUsd: number;
}

/** What people agreed to, and what was started without asking them. The contract of `storage/store.ts` holds. */
export interface SpendingStore {
  /** Also removes the questions that have expired. */
  insertConsent(consent: ConsentRecord, now: number): Promise<void>;
  readConsent(by: { token: string } | { code: string }): Promise<ConsentRecord | undefined>;
  /** Records a person's yes; false when there is no such question, or it has expired or was used. */
  agreeToConsent(code: string, now: number): Promise<boolean>;
  /** Takes a consent for one action. Repeated with the same key it is true again, with another key false. */
  useConsent(token: string, key: string): Promise<boolean>;
  /**
   * Counts spending that no person was asked about, if the sum since `since` then stays within the limit.
   * @returns whether it was counted, and the sum without it
   */
  startUnasked(
    spending: UnaskedSpending,
    within: { limitMicroUsd: number; since: number; now: number },
  ): Promise<{ counted: boolean; sumMicroUsd: number }>;
  /** Removes spending whose action was not carried out. */
  forgetUnasked(key: string): Promise<void>;
}
