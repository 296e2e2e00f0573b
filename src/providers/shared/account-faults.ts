import * as z from 'zod';
import type { ErrorCode } from '../../base/errors.ts';

/** What is known of a refusal, wherever it was read: an answer, an item of a job, an error file, a body with status 200. */
export interface RefusalSigns {
  status?: number | undefined;
  /** The codes and types that the service gives besides the status; some gateways give the status here. */
  codes?: readonly (string | number | null | undefined)[];
  /** The service's own words. */
  said: string;
}

/** Codes and types that mean a fault of the account. */
const CODES: ReadonlyMap<string, ErrorCode> = new Map<string, ErrorCode>([
  ...each('model_spend_limit', [
    '402',
    'billing_error',
    'billing_hard_limit_reached',
    'billing_not_active',
    'contract_spend_limit_reached',
    'enforced_spend_limit_reached',
    'insufficient_balance',
    'insufficient_credits',
    'insufficient_funds',
    'insufficient_quota',
    'linked_organization_spend_limit_reached',
    'payment_required',
  ]),
  ...each('model_key_refused', [
    '401',
    'account_deactivated',
    'api_key_disabled',
    'api_key_invalid',
    'authentication_error',
    'invalid_api_key',
    'unauthenticated',
  ]),
  ...each('model_permission_denied', ['403', 'permission_error', 'permission_denied', 'organization_disabled']),
]);

/** Words of an empty account. A request can't cause them: they name the account, not its text. */
const NO_CREDIT =
  /^(?:your )?credit balance is too low|your credit balance|(?:you have |has )?(?:insufficient|run out of|no) (?:credits?|funds|balance)\b|credits are depleted|spend(?:ing)? (?:cap|limit)|billing (?:hard )?limit|requires more credits|payment required|quota of the day|free quota/i;
const NO_KEY =
  /api key (?:is )?not valid|api key (?:has )?(?:expired|been (?:revoked|disabled|deleted))|(?:invalid|incorrect|revoked|disabled) (?:x-)?api[- ]key|no auth credentials|account (?:has been |is )?(?:deactivated|disabled|suspended)/i;
const NO_PERMISSION = /organi[sz]ation has been disabled|not allowed to use this organi[sz]ation/i;
/** Longer texts are not messages about an account: they repeat the request. */
const MAX_WORDS = 400;

/**
 * The fault of the account that a refusal means: no credit, a spend cap, a quota, a refused key, a missing permission.
 * Every request would have it, so the batch pauses and no row fails for it. Undefined for any other refusal.
 */
export function accountFault({ status, codes = [], said }: RefusalSigns): ErrorCode | undefined {
  for (const code of codes) {
    const meaning = code === null || code === undefined ? undefined : CODES.get(String(code).toLowerCase());
    if (meaning !== undefined) return meaning;
  }
  if (status === 401 || status === 402 || status === 403) return CODES.get(String(status));
  if (said.length > MAX_WORDS) return undefined;
  if (NO_CREDIT.test(said)) return 'model_spend_limit';
  if (NO_KEY.test(said)) return 'model_key_refused';
  return NO_PERMISSION.test(said) ? 'model_permission_denied' : undefined;
}

function each(meaning: ErrorCode, codes: readonly string[]): [string, ErrorCode][] {
  return codes.map((code) => [code, meaning]);
}

const coded = z.union([z.string(), z.number()]).nullish();
const wireError = z.looseObject({
  error: z.union([
    z.string().min(1),
    z.looseObject({ message: z.string().nullish(), code: coded, type: coded, status: coded }),
  ]),
});

/** An error that a body with a status of success holds: gateways answer so when their own server has refused. */
export interface BodyError {
  /** From the error's own code, where that is a status of HTTP. */
  status: number | undefined;
  codes: (string | number | null | undefined)[];
  said: string;
}

/** The error in the body of a successful answer; undefined if the body has none. */
export function errorInBody(body: unknown): BodyError | undefined {
  const { data } = wireError.safeParse(body);
  if (data === undefined) return undefined;
  if (typeof data.error === 'string') return { status: undefined, codes: [], said: data.error };
  const { message, code, type, status } = data.error;
  const number = Number(code ?? status);
  return {
    status: Number.isInteger(number) && number >= 400 && number < 600 ? number : undefined,
    codes: [code, type, status],
    said: message || String(code ?? type ?? 'it did not say why'),
  };
}
