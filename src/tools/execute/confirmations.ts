import type { Json } from '../../protocol/messages.ts';

/** What a good token says. */
interface Confirmation {
  /** New for each token: whoever starts something under it can see to it that it is started once. */
  nonce: string;
  /** What the person agreed to, in dollars; null when it was unknown. */
  expectedUsd: number | null;
}

/**
 * Tokens that stand for a person's yes to one request. They are signed, not stored: any process with the same key can
 * check them.
 */
export interface Confirmations {
  issue(request: Json, expectedUsd: number | null): { token: string; expiresAt: number };
  /** A text that says why the token is not good for this request, or what it says. */
  check(token: string, request: Json): Confirmation | string;
}
