import { describe, expect, test } from 'vitest';
import { createEnvelope } from '../../src/fleet/envelope.ts';
import { fleetSettings } from '../../src/fleet/fleet-settings.ts';

describe('the envelope of messages', () => {
  const keyed = createEnvelope('the key of the fleet');
  const sealed = keyed.seal('an address: 1 High Street', 'stream-1');

  test('is opened with the key, at its place', () => {
    expect(keyed.open(sealed, 'stream-1')).toBe('an address: 1 High Street');
    expect(sealed.toString('latin1')).not.toContain('High Street');
  });

  test('is never the same twice', () => {
    expect(keyed.seal('same', 'stream-1').equals(keyed.seal('same', 'stream-1'))).toBe(false);
  });

  test('is refused with another key, at another place, and when it was changed', () => {
    const refused = expect.objectContaining({ code: 'unauthorized' });
    expect(() => createEnvelope('the key of another fleet').open(sealed, 'stream-1')).toThrow(refused);
    expect(() => keyed.open(sealed, 'stream-2')).toThrow(refused);
    for (const at of [1, 14, sealed.length - 1]) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => keyed.open(changed, 'stream-1')).toThrow(refused);
    }
    expect(() => keyed.open(sealed.subarray(0, 20), 'stream-1')).toThrow(refused);
  });

  test('without a key is refused where there is one, and the other way round', () => {
    const plain = createEnvelope(null);
    expect(plain.open(plain.seal('text', 'stream-1'), 'stream-1')).toBe('text');
    expect(() => keyed.open(plain.seal('text', 'stream-1'), 'stream-1')).toThrow('not encrypted');
    expect(() => plain.open(sealed, 'stream-1')).toThrow('ROWMILL_WORKER_KEY is not set here');
  });
});

describe('the settings of a fleet', () => {
  test('need a key beyond loopback', () => {
    expect(fleetSettings(undefined, 'a key')).toBeNull();
    for (const url of ['redis://127.0.0.1:6379', 'redis://localhost', 'redis://[::1]:6379/2']) {
      expect(fleetSettings(url, undefined)).toEqual({ redisUrl: url, key: null });
    }
    expect(() => fleetSettings('redis://redis.example.com', undefined)).toThrow('ROWMILL_WORKER_KEY must be set');
    expect(() => fleetSettings('redis://127.example.com', undefined)).toThrow('ROWMILL_WORKER_KEY must be set');
    expect(fleetSettings('rediss://redis.example.com', 'k')).toMatchObject({ key: 'k' });
  });
});
