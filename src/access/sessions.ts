import { randomBytes } from 'node:crypto';
import type { Caller } from '../runner/contract/caller.ts';
import type { KeyStore } from '../storage/keys.ts';
import type { Sessions } from './access.ts';
import type { Audit } from './audit.ts';
import { digestOf } from './digest-of.ts';

/** How long a browser stays signed in. */
const LIFETIME_MS = 12 * 60 * 60_000;

/** What {@link createSessions} needs. */
export interface SessionsParts {
  store: KeyStore;
  now: () => number;
  audit: Audit;
  /** The caller with an id, unless its key was revoked. */
  byId: (id: string, face: Caller['face']) => Promise<Caller | undefined>;
}

/** The sessions of browsers, in the store: a restart of the server ends none. */
export function createSessions({ store, now, audit, byId }: SessionsParts): Sessions {
  return {
    async open(caller) {
      const token = randomBytes(32).toString('base64url');
      const at = Math.round(now());
      const expiresAt = at + LIFETIME_MS;
      await audit.around({ caller, action: 'sign-in', subject: caller.id }, () =>
        store.insertSession({ digest: digestOf(token), caller: caller.id, expiresAt }, at),
      );
      return { token, expiresAt };
    },
    async identify(token, face) {
      const session = await store.readSession(digestOf(token));
      return session === undefined || session.expiresAt <= now() ? undefined : byId(session.caller, face);
    },
    async close(token, caller) {
      await audit.around({ caller, action: 'sign-out', subject: caller.id }, () =>
        store.removeSession(digestOf(token)),
      );
    },
  };
}
