import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createConfirmations } from '../../src/app/confirmations.ts';
import { readDataKey } from '../../src/app/data-key.ts';

const REQUEST = { action: 'start', request: { csv_uri: 'a.csv', options: { sample: 3, concurrency: 2 } } };

function confirmations(options: { key?: string } = {}) {
  const clock = { now: 1_800_000_000_000 };
  const key = Buffer.from((options.key ?? 'k').repeat(32));
  return { clock, ...createConfirmations({ key: () => key, now: () => clock.now }) };
}

describe('a confirmation token', () => {
  it('is good for its request, whatever the order of keys, in every process with the key', () => {
    const { token, expiresAt } = confirmations().issue(REQUEST, 12.34);
    const same = { request: { options: { concurrency: 2, sample: 3 }, csv_uri: 'a.csv' }, action: 'start' };
    expect(confirmations().check(token, same)).toMatchObject({ expectedUsd: 12.34 });
    expect(expiresAt).toBe(1_800_000_900_000);
    expect(token).toMatch(/^[\w-]{52}$/);
  });

  it('keeps "unknown" apart from 0, and has a nonce of its own', () => {
    const { issue, check } = confirmations();
    const [first, second] = [issue(REQUEST, null), issue(REQUEST, 0)].map(({ token }) => check(token, REQUEST));
    expect(first).toMatchObject({ expectedUsd: null });
    expect(second).toMatchObject({ expectedUsd: 0 });
    expect(typeof first === 'object' && first.nonce).not.toBe(typeof second === 'object' && second.nonce);
  });

  it('is not good for another request, under another key, changed, cut or made up', () => {
    const { issue, check } = confirmations();
    const { token } = issue(REQUEST, 1);
    expect(check(token, { ...REQUEST, action: 'resume' })).toMatch(/exactly the arguments/);
    expect(confirmations({ key: 'x' }).check(token, REQUEST)).toMatch(/exactly the arguments/);
    for (let at = 0; at < token.length; at += 1) {
      const changed = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
      expect(typeof check(changed, REQUEST), changed).toBe('string');
    }
    for (const made of ['', 'yes', token.slice(0, -2), `${token}AA`, 'é'.repeat(52)]) {
      expect(typeof check(made, REQUEST)).toBe('string');
    }
  });

  it('expires after a quarter of an hour', () => {
    const { issue, check, clock } = confirmations();
    const { token } = issue(REQUEST, 1);
    clock.now += 14 * 60_000;
    expect(check(token, REQUEST)).toBeTypeOf('object');
    clock.now += 60_000;
    expect(check(token, REQUEST)).toMatch(/expired/);
  });
});

describe('the key of a data directory', () => {
  it('is made once, for its owner alone, and read again', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rowmill-key-'));
    try {
      const key = readDataKey(folder);
      expect(key).toHaveLength(32);
      expect(readDataKey(folder)).toEqual(key);
      expect(await readdir(folder)).toEqual(['confirmation.key']);
      expect((await stat(join(folder, 'confirmation.key'))).mode & 0o777).toBe(0o600);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
