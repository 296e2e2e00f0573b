import { expect, test } from 'vitest';
import { createEnvelope } from '../../src/fleet/envelope.ts';
import { queueName } from '../../src/fleet/places.ts';

const nameOf = (version: string, key: string | null, tags: string[] = []) =>
  queueName({ version, envelope: createEnvelope(key) }, tags);

test('a set of tags has one queue, in whichever order they are named', () => {
  expect(nameOf('1.0.0', 'k', ['gpu', 'browser'])).toBe(nameOf('1.0.0', 'k', ['browser', 'gpu']));
  const names = [[], ['browser'], ['gpu'], ['browser', 'gpu']].map((tags) => nameOf('1.0.0', 'k', tags));
  expect(new Set(names).size).toBe(4);
});

test('workers of another version or key read other queues, which they could not serve', () => {
  const own = nameOf('1.0.0', 'k');
  expect(nameOf('1.0.0', 'k')).toBe(own);
  for (const other of [nameOf('1.0.1', 'k'), nameOf('1.0.0', 'another'), nameOf('1.0.0', null)]) {
    expect(other).not.toBe(own);
  }
  // A version is no tag.
  expect(nameOf('1.0.0-beta', 'k')).not.toBe(nameOf('1.0.0', 'k', ['beta']));
});

test('the name of a queue has no colon, which divides the keys of the queue, and not the key', () => {
  expect(nameOf('1.0.0', 'secret', ['browser'])).not.toMatch(/:|secret/);
});
