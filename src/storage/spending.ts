import { AppError } from '../base/errors.ts';
import { dollars } from '../base/figures.ts';
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

/** The cap of all calls that are sent on one day. Money in micro-dollars. */
export interface DayCap {
  capMicroUsd: number;
  /** The day of a time in milliseconds since the epoch: `2026-11-28`. */
  dayOf(at: number): string;
}

/** What the calls of a day cost so far. Money in micro-dollars. */
export interface DaySpending {
  capMicroUsd: number;
  /** The name of the key whose budget the cap is; null for the cap of the server. */
  key: string | null;
  day: string;
  /** The answered calls. */
  costMicroUsd: number;
  /** Calls without an answer, at their worst price: in flight, in provider jobs, or lost. */
  openMicroUsd: number;
}

/**
 * The fault when a day's cap has no room for a call.
 * @param worstMicroUsd the worst price of the next call; undefined when there is none yet
 */
export function dayCapReached(
  { capMicroUsd, key, day, costMicroUsd, openMicroUsd }: DaySpending,
  worstMicroUsd?: number,
): AppError {
  const usd = (micro: number) => dollars(micro / 1e6);
  const open = openMicroUsd > 0 ? ` and up to ${usd(openMicroUsd)} is due for calls without an answer` : '';
  const next = worstMicroUsd === undefined ? '' : `; the next call may cost ${usd(worstMicroUsd)}`;
  const fix = key === null ? 'Resume on another day, or with a higher cap' : 'Resume on another day';
  return new AppError(
    'budget_reached',
    `${capitalized(dayCapName(capMicroUsd, key))} is reached: ${usd(costMicroUsd)} is spent on ${day}${open}${next}. ${fix}; nothing resumes on its own.`,
    // Calls without an answer may turn out cheaper than their worst price.
    { retryable: costMicroUsd + (worstMicroUsd ?? 0) <= capMicroUsd },
  );
}

/** What a cap of a day is called: `the cap of $5.00 a day (ROWMILL_MAX_USD_PER_DAY)`. */
export function dayCapName(capMicroUsd: number | null, key: string | null): string {
  const of = capMicroUsd === null ? '' : ` of ${dollars(capMicroUsd / 1e6)}`;
  return key === null
    ? `the cap${of}${of === '' ? ' of' : ''} a day (${CAP_VARIABLE})`
    : `the budget${of} a day of the key ${key}`;
}

/** The fault of a model of unknown price under a cap of a day. */
export function unpricedDayCap(model: string, key: string | null): string {
  return `The price of ${model} is unknown, so ${dayCapName(null, key)} can't be kept. Use a model with a known price, or add its price to a price file (ROWMILL_PRICES).`;
}

const CAP_VARIABLE = 'ROWMILL_MAX_USD_PER_DAY';

/** A text with a capital at its start. */
export function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Which cap of a day a fault is of, which the batch can't change; undefined for another fault. */
export function reachedDayCap({ code, message }: { code: string; message: string }): 'server' | 'key' | undefined {
  if (code !== 'budget_reached') return undefined;
  if (message.startsWith('The budget of ') && message.includes(' a day of the key ')) return 'key';
  return message.includes(CAP_VARIABLE) ? 'server' : undefined;
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
  /**
   * The spending of the day of `now` under the server's cap or, with the id of a key, under its budget: whichever leaves
   * less. null where no cap is set, because it is not counted then.
   */
  readDaySpending(now: number, key?: string | null): Promise<DaySpending | null>;
}
