import { timingSafeEqual } from 'node:crypto';
import { AppError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { type Caller, keyCaller, localCaller, SCOPES, type Scope } from '../runner/contract/caller.ts';
import type { AuditStore } from '../storage/audit.ts';
import type { KeyRecord, KeyStore } from '../storage/keys.ts';
import type { Access } from './access.ts';
import { createAudit } from './audit.ts';
import { digestOf } from './digest-of.ts';
import { createKeys } from './keys.ts';
import { createSessions } from './sessions.ts';

/** How often the use of a key is written down, in milliseconds. */
const USE_MS = 60 * 60_000;

/** What {@link createAccess} needs. */
export interface AccessParts {
  /** The keys of the environment; each has every permission. */
  environmentKeys: readonly string[];
  store: KeyStore & AuditStore;
  /** Wall clock, in milliseconds since the epoch. */
  now: () => number;
  log: Log;
}

/** Knows the keys of the environment and those of the store. */
export function createAccess({ environmentKeys, store, now, log }: AccessParts): Access {
  const known = environmentKeys.map((key) => ({ key, digest: Buffer.from(digestOf(key)) }));
  const audit = createAudit({ store, now, log });
  /** By id and face: when the use was written. Keys are few. */
  const used = new Map<string, number>();

  const ofEnvironment = (secret: string, face: Caller['face']): Caller | undefined => {
    const given = Buffer.from(digestOf(secret));
    let found: string | undefined;
    // The digests of all are compared, in constant time.
    for (const { key, digest } of known) if (timingSafeEqual(given, digest)) found = key;
    return found === undefined ? undefined : keyCaller(found, face);
  };
  const ofStore = async (by: { digest: string } | { id: string }, face: Caller['face']) => {
    const key = await store.readKey(by);
    return key === undefined || key.revokedAt !== null ? undefined : callerOfKey(key, face);
  };
  const byId = async (id: string, face: Caller['face']): Promise<Caller | undefined> =>
    known.map(({ key }) => keyCaller(key, face)).find((caller) => caller.id === id) ?? ofStore({ id }, face);
  const writeUse = async (caller: Caller): Promise<void> => {
    const [key, at] = [`${caller.id} ${caller.face}`, now()];
    if (at - (used.get(key) ?? Number.NEGATIVE_INFINITY) < USE_MS) return;
    used.set(key, at);
    await (await audit.begin({ caller, action: 'key-use', subject: caller.id }))();
    await store.useKey(caller.id, Math.round(at));
  };

  return {
    requiresKey: async () => known.length > 0 || (await store.hasKeys()),
    async identify(secret, face) {
      const caller = ofEnvironment(secret, face) ?? (await ofStore({ digest: digestOf(secret) }, face));
      if (caller !== undefined) await writeUse(caller);
      return caller;
    },
    async callerOf(id, face) {
      const local = localCaller(face);
      if (id === undefined || id === local.id) return local;
      const found = await byId(id, face);
      if (found === undefined) throw new AppError('unauthorized', `The key ${id} is not valid any more.`);
      return found;
    },
    keys: createKeys({ environmentKeys, store, now, audit }),
    sessions: createSessions({ store, now, audit, byId }),
    audit,
  };
}

function callerOfKey(key: KeyRecord, face: Caller['face']): Caller {
  const { id, name, scopes, budgetMicroUsd, requestsPerMinute } = key;
  return {
    ...{ id, name, face },
    scopes: scopes.filter((scope): scope is Scope => (SCOPES as readonly string[]).includes(scope)),
    budget_usd_per_day: budgetMicroUsd === null ? null : budgetMicroUsd / 1e6,
    requests_per_minute: requestsPerMinute,
  };
}
