import { createHash, timingSafeEqual } from 'node:crypto';
import { AppError } from '../base/errors.ts';
import { type Caller, keyCaller, localCaller } from '../runner/contract/caller.ts';
import type { Access } from './access.ts';

/** What {@link createAccess} needs. */
export interface AccessParts {
  /** The keys of the environment; each has every permission. */
  environmentKeys: readonly string[];
}

/** Knows the keys of the environment. The digests of all are compared, in constant time. */
export function createAccess({ environmentKeys }: AccessParts): Access {
  const known = environmentKeys.map((key) => ({ key, digest: digestOf(key) }));
  const ofEnvironment = (secret: string, face: Caller['face']): Caller | undefined => {
    const given = digestOf(secret);
    let found: string | undefined;
    for (const { key, digest } of known) if (timingSafeEqual(given, digest)) found = key;
    return found === undefined ? undefined : keyCaller(found, face);
  };
  return {
    requiresKey: async () => known.length > 0,
    identify: async (secret, face) => ofEnvironment(secret, face),
    async callerOf(id, face) {
      const local = localCaller(face);
      if (id === undefined || id === local.id) return local;
      const found = known.map(({ key }) => keyCaller(key, face)).find((caller) => caller.id === id);
      if (found === undefined) throw new AppError('unauthorized', `The key ${id} is not valid any more.`);
      return found;
    },
  };
}

function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
