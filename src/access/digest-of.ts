import { createHash } from 'node:crypto';

/** The digest of a key or of a session's token. Both are long and random, so that one round is enough. */
export function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}
