import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

it('keeps each half of the young generation at 16 MB, which grows to 32 MB otherwise', async () => {
  const site = fileURLToPath(new URL('heap-site.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [site]);
  expect(Number(stdout)).toBeGreaterThan(1e6);
  expect(Number(stdout)).toBeLessThanOrEqual(16 * 2 ** 20);
});
