import { readFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ADMIN, type KeyWorld, startKeyWorld } from './key-world.ts';

let world: KeyWorld;
beforeEach(async () => {
  world = await startKeyWorld(['env-secret']);
});
afterEach(() => world.close());

describe('a stored key', () => {
  it('has its scopes, owner, budget and rate limit, and is not stored itself', async () => {
    const secret = await world.make({ scope: 'run', owner: 'Ada', budget_usd_per_day: 2.5, requests_per_minute: 60 });
    expect(secret).toMatch(/^rmk_[\w-]{43}$/);
    expect(await world.access.identify(secret, 'http')).toMatchObject({
      ...{ name: 'importer', face: 'http', scopes: ['read', 'run'], budget_usd_per_day: 2.5, requests_per_minute: 60 },
    });
    expect(await world.access.identify(`${secret}x`, 'http')).toBeUndefined();
    const stored = Buffer.concat(
      await Promise.all([world.path, `${world.path}-wal`].map((path) => readFile(path).catch(() => Buffer.alloc(0)))),
    );
    expect(stored.includes(secret)).toBe(false);
    expect(stored.includes('importer')).toBe(true);
  });

  it('is refused once it is revoked, by its key and by its id', async () => {
    const secret = await world.make({});
    const { id = '' } = (await world.access.identify(secret, 'http')) ?? {};
    expect(await world.access.callerOf(id, 'chat')).toMatchObject({ id, face: 'chat' });
    expect(await world.access.keys.revoke('importer', ADMIN)).toMatchObject({ id, revoked_at: expect.any(String) });
    expect(await world.access.identify(secret, 'http')).toBeUndefined();
    await expect(world.access.callerOf(id, 'chat')).rejects.toMatchObject({ code: 'unauthorized' });
    expect(await world.access.requiresKey()).toBe(true);
  });

  it.each([
    [{ name: '' }, 'name'],
    [{ name: 'a\nb' }, 'name'],
    [{ budget_usd_per_day: -1 }, 'budget_usd_per_day'],
    [{ requests_per_minute: 0 }, 'requests_per_minute'],
    [{ scop: 'run' } as object, 'unknown field "scop" (did you mean "scope"?)'],
  ])('is not made of %j', async (request, told) => {
    await expect(world.make(request)).rejects.toMatchObject({
      code: 'invalid_arguments',
      message: expect.stringContaining(told),
    });
    expect(await world.store.listKeys()).toEqual([]);
  });

  it('has a name of its own', async () => {
    await world.make({});
    await expect(world.make({})).rejects.toMatchObject({ code: 'name_taken' });
  });
});

it('a key of the environment has every scope, is listed, and is revoked in the environment only', async () => {
  const caller = await world.access.identify('env-secret', 'http');
  expect(caller?.scopes).toEqual(['read', 'run', 'admin']);
  const [listed] = await world.access.keys.list();
  expect(listed).toMatchObject({ id: caller?.id, origin: 'environment' });
  expect(JSON.stringify(listed)).not.toContain('env-secret');
  const revoke = world.access.keys.revoke(String(caller?.id), ADMIN);
  await expect(revoke).rejects.toMatchObject({ message: expect.stringContaining('ROWMILL_API_KEYS') });
});

describe('the audit log', () => {
  it('has what was done to keys, and the use of a key once an hour', async () => {
    const secret = await world.make({});
    for (const minutes of [0, 1, 70]) {
      world.nowMs += minutes * 60_000;
      await world.access.identify(secret, 'http');
    }
    await world.access.keys.revoke('importer', ADMIN);
    const entries = await world.store.readAudit({ limit: 10 });
    expect(entries.map(({ action, callerName }) => `${action} ${callerName}`)).toEqual([
      'key-revoke local',
      'key-use importer',
      'key-use importer',
      'key-create local',
    ]);
    expect(entries.every(({ outcome }) => outcome?.code === null)).toBe(true);
    expect(JSON.stringify(entries)).not.toContain(secret);
  });

  it('is written before the act, and has how it ended', async () => {
    const seen: unknown[] = [];
    const act = { caller: ADMIN, action: 'batch-delete', subject: 'bat_1' } as const;
    const failing = world.access.audit.around(act, async () => {
      seen.push(...(await world.store.readAudit({ limit: 1 })));
      throw new Error('no disk');
    });
    await expect(failing).rejects.toThrow('no disk');
    expect(seen).toMatchObject([{ action: 'batch-delete', subject: 'bat_1', outcome: null }]);
    expect(await world.store.readAudit({ limit: 1 })).toMatchObject([{ outcome: { code: 'internal' } }]);
  });

  it('can not be changed or shortened, by no statement', async () => {
    await world.make({});
    const db = new DatabaseSync(world.path);
    for (const sql of ['UPDATE audit_log SET action = 1', 'DELETE FROM audit_log', 'DELETE FROM audit_outcomes']) {
      expect(() => db.exec(sql)).toThrow(/only grows/);
    }
    db.close();
  });
});
