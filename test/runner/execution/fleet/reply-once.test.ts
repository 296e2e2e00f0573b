import { expect, test } from 'vitest';
import { createRequestMemory } from '../../../../src/runner/execution/fleet/reply-once.ts';

test('a request that arrives again gets the first result, and is not carried out again', async () => {
  const memory = createRequestMemory();
  let carried = 0;
  const carry = async () => {
    carried += 1;
    return carried;
  };
  expect(await memory.once(1, 1, carry)).toBe(1);
  expect(await memory.once(1, 1, carry)).toBe(1);
  expect(await memory.once(2, 1, carry)).toBe(2);
  expect(carried).toBe(2);
});

test('a request that arrives again while it is carried out is answered once', async () => {
  const memory = createRequestMemory();
  const { promise, resolve } = Promise.withResolvers<string>();
  const first = memory.once(1, 1, () => promise);
  expect(memory.once(1, 1, () => promise)).toBeUndefined();
  resolve('result');
  expect(await first).toBe('result');
  expect(await memory.once(1, 1, () => promise)).toBe('result');
});

test('a request whose answer has arrived is forgotten and ignored', async () => {
  const memory = createRequestMemory();
  const carry = async () => 'result';
  await memory.once(1, 1, carry);
  await memory.once(5, 5, carry);
  expect(memory.once(1, 1, carry)).toBeUndefined();
  expect(memory.once(4, 1, carry)).toBeUndefined();
});

test('a request that is to follow another one waits until that has arrived and is carried out', async () => {
  const memory = createRequestMemory();
  const order: string[] = [];
  const second = memory.once(2, 1, () => memory.after([1]).then(() => order.push('second')));
  await Promise.resolve();
  void memory.once(1, 1, async () => order.push('first'));
  await second;
  expect(order).toEqual(['first', 'second']);
});

test('a request that is to follow a refused one is refused with its fault', async () => {
  const memory = createRequestMemory();
  const first = memory.once(1, 1, () => Promise.reject(new Error('the disk is full')));
  const second = memory.once(2, 1, () => memory.after([1]));
  await expect(first).rejects.toThrow('the disk is full');
  await expect(second).rejects.toThrow('the disk is full');
});

test('a request does not wait for one whose answer has arrived', async () => {
  const memory = createRequestMemory();
  await memory.once(1, 1, async () => undefined);
  await memory.once(3, 3, () => memory.after([1, 2]));
});
