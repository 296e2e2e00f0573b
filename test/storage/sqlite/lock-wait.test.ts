import { expect, it } from 'vitest';
import { createSilentLog } from '../../../src/base/log.ts';
import { createLockWait, type LockAttempts } from '../../../src/storage/sqlite/lock-wait.ts';

const ATTEMPTS: LockAttempts = { reported: 2, usual: 3, long: 6, afterFailure: 1 };

/** A lock that is held for so many attempts. */
function locked(attempts: number) {
  const lock = {
    tried: 0,
    attempt: () => {
      lock.tried += 1;
      if (lock.tried <= attempts) throw Object.assign(new Error('database is locked'), { errcode: 5 });
      return 'written';
    },
  };
  return lock;
}

function createWait() {
  const warnings: string[] = [];
  const log = createSilentLog();
  log.warn = (_fields: unknown, message?: string) => warnings.push(message ?? '');
  return { warnings, ...createLockWait({ path: 'x.db', log, attempts: ATTEMPTS }) };
}

async function triesUntilFault(wait: ReturnType<typeof createWait>): Promise<number> {
  const lock = locked(Number.POSITIVE_INFINITY);
  await expect(wait.retry(lock.attempt)).rejects.toMatchObject({ code: 'store_unavailable', retryable: true });
  return lock.tried;
}

it('waits longer while a batch is driven, with one warning, and no longer after', async () => {
  const wait = createWait();
  const [first, second] = [wait.waitLonger(), wait.waitLonger()];
  first();
  first();
  expect(await wait.retry(locked(5).attempt)).toBe('written');
  expect(wait.warnings).toEqual(['another process locks the database; waiting for it']);
  second();
  expect(await triesUntilFault(wait)).toBe(3);
});

it('ends a long wait that is in vain, and does not repeat it until a write succeeds', async () => {
  const wait = createWait();
  wait.waitLonger();
  expect([await triesUntilFault(wait), await triesUntilFault(wait)]).toEqual([6, 1]);
  expect(wait.warnings).toHaveLength(1);
  await wait.retry(locked(0).attempt);
  expect(await triesUntilFault(wait)).toBe(6);
});

it('ends a long wait when the store is closed', async () => {
  const wait = createWait();
  wait.waitLonger();
  const lock = locked(Number.POSITIVE_INFINITY);
  const waiting = wait.retry(() => {
    if (lock.tried === 4) wait.close();
    return lock.attempt();
  });
  await expect(waiting).rejects.toMatchObject({ code: 'store_unavailable' });
  expect(lock.tried).toBe(5);
});

it('does not repeat other faults', async () => {
  let tried = 0;
  const full = () => {
    tried += 1;
    throw Object.assign(new Error('full'), { errcode: 13 });
  };
  await expect(createWait().retry(full)).rejects.toMatchObject({
    message: expect.stringContaining('the disk is full'),
  });
  expect(tried).toBe(1);
});
