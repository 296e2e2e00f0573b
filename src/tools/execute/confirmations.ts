import type { Json } from '../../protocol/messages.ts';
import type { PersonMessage } from '../../protocol/run.ts';

/** A question to a person, and their answer. */
export interface Consent {
  token: string;
  /** What the person types: `K7QF-2MXD`. */
  code: string;
  /** What will be started. */
  title: string;
  /** What the person agrees to, in dollars; null when it is unknown. */
  expectedUsd: number | null;
  /** Milliseconds since the epoch. */
  expiresAt: number;
  isAgreed: boolean;
}

/** Spending that needs a person's yes. */
export interface Question {
  /** The yes is for exactly this request. */
  request: Json;
  title: string;
  /** null when unknown. */
  expectedUsd: number | null;
  /** The message that is being answered, in a conversation: a later one of the person is their answer. */
  said: PersonMessage | undefined;
}

/** Spending that is started without asking a person. */
export interface Unasked {
  /** The action: repeated with the same key, it counts once. */
  key: string;
  batchId: string;
  expectedUsd: number;
  /** What the batch has spent so far, in dollars. */
  spentUsd: number;
}

/** The agreement of people to spending. It is kept in the store, so it holds over all processes on a data directory. */
export interface Confirmations {
  /** Asks; a person answers with a later message, or with the code. */
  ask(question: Question): Promise<Consent>;
  /**
   * Takes the yes behind a token for one action. It is not given back when the action fails.
   * @param key the action: repeated with the same key, the yes counts again
   * @returns undefined when it is taken; else why not, and the question where it is still open
   */
  use(token: string, question: Question, key: string): Promise<{ reason: string; open?: Consent } | undefined>;
  /** The open question with this code or token; undefined when there is none, or it has expired or was used. */
  find(by: { code: string } | { token: string }): Promise<Consent | undefined>;
  /** Records a person's yes; false when the question is no longer open. */
  agree(code: string): Promise<boolean>;
  /**
   * Counts spending without a question, if what was started without one in the last hour stays within `limitUsd`.
   * @returns whether it was counted, and the sum of the hour without it, in dollars
   */
  startUnasked(spending: Unasked, limitUsd: number): Promise<{ counted: boolean; sumUsd: number }>;
  /** Takes back what `startUnasked` counted for an action that was not carried out. */
  forgetUnasked(key: string): Promise<void>;
}
