import { expect, test } from 'vitest';
import { onFirstUse } from '../../../src/base/process/on-first-use.ts';

test('a value that is made on first use is made once, undefined too', () => {
  let made = 0;
  const value = onFirstUse(() => {
    made += 1;
    return undefined;
  });
  expect(made).toBe(0);
  expect([value(), value()]).toEqual([undefined, undefined]);
  expect(made).toBe(1);
});
