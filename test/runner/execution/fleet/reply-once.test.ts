import { expect, test } from 'vitest';
import { createRequestMemory } from '../../../../src/runner/execution/fleet/reply-once.ts';

test('a request that arrives again gets the first result, and is not carried out again', async () => {
  const memory = createRequestMemory();
  let carried = 0;
  const carry = async () => {
    carried += 1;
    return carried;
  };
  expect(await memory.once(1, 1, carry)?.result).toBe(1);
  expect(await memory.once(1, 1, carry)?.result).toBe(1);
  expect(await memory.once(2, 1, carry)?.result).toBe(2);
  expect(carried).toBe(2);
});

test('a request whose answer has arrived is forgotten and ignored', async () => {
  const memory = createRequestMemory();
  const carry = async () => 'result';
  await memory.once(1, 1, carry)?.result;
  await memory.once(5, 5, carry)?.result;
  expect(memory.once(1, 1, carry)).toBeUndefined();
  expect(memory.once(4, 1, carry)).toBeUndefined();
});
