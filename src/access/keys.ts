import { randomBytes } from 'node:crypto';
import { isoTime } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import { describeZodError } from '../base/schema/schema.ts';
import { keyIdOf, SCOPES, type Scope, scopesUpTo } from '../runner/contract/caller.ts';
import type { KeyRecord, KeyStore } from '../storage/keys.ts';
import type { Keys } from './access.ts';
import type { Audit } from './audit.ts';
import { digestOf } from './digest-of.ts';
import { type KeyInfo, keyRequest } from './key-info.ts';

/** What {@link createKeys} needs. */
export interface KeysParts {
  environmentKeys: readonly string[];
  store: KeyStore;
  now: () => number;
  audit: Audit;
}

/** The keys of the environment, and those of the store. */
export function createKeys({ environmentKeys, store, now, audit }: KeysParts): Keys {
  const environment = environmentKeys.map(infoOfEnvironment);
  return {
    list: async () => [...environment, ...(await store.listKeys()).map(infoOf)],
    async create(given, by) {
      const { data: request, error } = keyRequest.safeParse(given);
      if (error !== undefined) {
        throw new AppError('invalid_arguments', `${describeZodError(error).join('; ')}.`);
      }
      const secret = `rmk_${randomBytes(32).toString('base64url')}`;
      const { name, scope, owner = null, budget_usd_per_day: budget, requests_per_minute: rate } = request;
      const key: KeyRecord = {
        id: keyIdOf(secret),
        name,
        digest: digestOf(secret),
        scopes: scopesUpTo(scope),
        owner,
        budgetMicroUsd: budget === undefined ? null : budget * 1e6,
        requestsPerMinute: rate ?? null,
        createdAt: Math.round(now()),
        usedAt: null,
        revokedAt: null,
      };
      const details = { name, scope, owner, budget_usd_per_day: budget ?? null, requests_per_minute: rate ?? null };
      return audit.around({ caller: by, action: 'key-create', subject: key.id, details }, async () => {
        if (!(await store.insertKey(key))) {
          throw new AppError(
            'name_taken',
            `A key is named "${name}" already. Choose another name, or revoke that key.`,
          );
        }
        return { key: infoOf(key), secret };
      });
    },
    async revoke(idOrName, by) {
      const valid = (await store.listKeys()).filter(({ revokedAt }) => revokedAt === null);
      const key = valid.find(({ id }) => id === idOrName) ?? valid.find(({ name }) => name === idOrName);
      if (key === undefined) throw noSuchKey(idOrName, environment);
      const at = Math.round(now());
      await audit.around({ caller: by, action: 'key-revoke', subject: key.id, details: { name: key.name } }, () =>
        store.revokeKey(key.id, at),
      );
      return infoOf({ ...key, revokedAt: at });
    },
  };
}

function noSuchKey(idOrName: string, environment: readonly KeyInfo[]): AppError {
  if (environment.some(({ id }) => id === idOrName)) {
    const fix = 'Take it out of ROWMILL_API_KEYS and restart the server.';
    return new AppError('invalid_arguments', `${idOrName} is a key of the environment. ${fix}`);
  }
  return new AppError('not_found', `There is no valid key "${idOrName}". The list of keys has their ids and names.`);
}

function infoOfEnvironment(key: string): KeyInfo {
  const id = keyIdOf(key);
  return {
    ...{ id, name: id, origin: 'environment', scopes: [...SCOPES], owner: null, budget_usd_per_day: null },
    ...{ requests_per_minute: null, created_at: null, last_used_at: null, revoked_at: null },
  };
}

function infoOf(key: KeyRecord): KeyInfo {
  return {
    id: key.id,
    name: key.name,
    origin: 'stored',
    scopes: key.scopes as Scope[],
    owner: key.owner,
    budget_usd_per_day: key.budgetMicroUsd === null ? null : key.budgetMicroUsd / 1e6,
    requests_per_minute: key.requestsPerMinute,
    created_at: isoTime(key.createdAt),
    last_used_at: isoTime(key.usedAt),
    revoked_at: isoTime(key.revokedAt),
  };
}
