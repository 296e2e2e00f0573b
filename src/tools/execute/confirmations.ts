import type { Json } from '../../protocol/messages.ts';

/** The content of a valid token. */
interface Confirmation {
  /** Unique for each token, so that one token can be limited to one start. */
  nonce: string;
  /** What the person agreed to, in dollars; null when it was unknown. */
  expectedUsd: number | null;
}

/**
 * Tokens that prove a person's agreement to one request. They are signed, not stored: any process with the same key can
 * check them.
 */
export interface Confirmations {
  issue(request: Json, expectedUsd: number | null): { token: string; expiresAt: number };
  /** Returns the token's content, or a text that says why the token is not valid for this request. */
  check(token: string, request: Json): Confirmation | string;
}
