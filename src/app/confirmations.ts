import { createHash, randomBytes, randomInt } from 'node:crypto';
import { canonicalJson } from '../base/json/canonical-json.ts';
import type { Json } from '../protocol/messages.ts';
import type { PersonMessage } from '../protocol/run.ts';
import type { ConsentRecord, SpendingStore } from '../storage/spending.ts';
import type { Confirmations, Consent, Question } from '../tools/execute/confirmations.ts';

/** How long a person has to agree, in milliseconds. */
const LIFETIME_MS = 15 * 60_000;
/** The time in which spending without a question is summed. */
const WINDOW_MS = 60 * 60_000;
const TOKEN_BYTES = 24;
/** Without letters and digits that look alike. */
const ALPHABET = 'ABCDEFGHJKMNPQRSTUVWXYZ23456789';
/** 31^8 codes, of which each is good for a quarter of an hour. */
const CODE_LENGTH = 8;
/** Factor by which the cost may have grown since the person agreed. */
const GROWN = 1.1;
const USED = 'The confirmation_token was used: the yes of a person is for one action.';

/** The agreement of people, in the store. */
export function createConfirmations({ store, now }: { store: SpendingStore; now: () => number }): Confirmations {
  const open = (record: ConsentRecord | undefined): Consent | undefined =>
    record === undefined || record.usedBy !== null || record.expiresAt <= now() ? undefined : toConsent(record);

  return {
    async ask({ request, title, expectedUsd, said }) {
      const record: ConsentRecord = {
        token: randomBytes(TOKEN_BYTES).toString('base64url'),
        code: newCode(),
        request: digestOf(request),
        title,
        expectedMicroUsd: expectedUsd === null ? null : expectedUsd * 1e6,
        said: said ?? null,
        expiresAt: now() + LIFETIME_MS,
        agreedAt: null,
        usedBy: null,
      };
      await store.insertConsent(record, now());
      return toConsent(record);
    },
    async use(token, question, key) {
      const record = await store.readConsent({ token });
      if (record === undefined || record.request !== digestOf(question.request)) {
        return {
          reason:
            'The confirmation_token is not valid here: it belongs to exactly the arguments that it was issued for.',
        };
      }
      if (record.expiresAt <= now()) return { reason: 'The confirmation_token has expired.' };
      if (record.usedBy !== null && record.usedBy !== key) return { reason: USED };
      if (!isCovered(question, record))
        return { reason: 'The cost is higher than the cost that the person agreed to.' };
      if (record.agreedAt === null && !isLater(question.said, record.said)) {
        return { reason: 'No person has agreed yet.', open: toConsent(record) };
      }
      return (await store.useConsent(token, key)) ? undefined : { reason: USED };
    },
    find: async (by) => open(await store.readConsent('code' in by ? { code: normalized(by.code) } : by)),
    agree: (code) => store.agreeToConsent(normalized(code), now()),
    async startUnasked({ key, batchId, expectedUsd, spentUsd }, limitUsd) {
      const { counted, sumMicroUsd } = await store.startUnasked(
        { key, batchId, expectedMicroUsd: expectedUsd * 1e6, spentMicroUsd: spentUsd * 1e6 },
        { limitMicroUsd: limitUsd * 1e6, since: now() - WINDOW_MS, now: now() },
      );
      return { counted, sumUsd: sumMicroUsd / 1e6 };
    },
    forgetUnasked: (key) => store.forgetUnasked(key),
  };
}

function toConsent({ token, code, title, expectedMicroUsd, expiresAt, agreedAt }: ConsentRecord): Consent {
  return {
    token,
    code: `${code.slice(0, CODE_LENGTH / 2)}-${code.slice(CODE_LENGTH / 2)}`,
    title,
    expectedUsd: expectedMicroUsd === null ? null : expectedMicroUsd / 1e6,
    expiresAt,
    isAgreed: agreedAt !== null,
  };
}

function isCovered({ expectedUsd }: Question, { expectedMicroUsd: agreed }: ConsentRecord): boolean {
  if (agreed === null) return true;
  return expectedUsd !== null && expectedUsd * 1e6 <= agreed * GROWN;
}

/** Whether the person has sent a message since they were asked, in the same conversation. */
function isLater(said: PersonMessage | undefined, asked: PersonMessage | null): boolean {
  if (said === undefined || asked === null) return false;
  return said.conversation === asked.conversation && said.number > asked.number;
}

function newCode(): string {
  return Array.from({ length: CODE_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

/** A code as it is stored, however a person types it. */
function normalized(code: string): string {
  return code.toUpperCase().replaceAll(/[^A-Z0-9]/g, '');
}

function digestOf(request: Json): string {
  return createHash('sha256').update(canonicalJson(request)).digest('base64url');
}
