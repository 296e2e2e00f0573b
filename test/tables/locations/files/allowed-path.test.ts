import { realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { allowedPath } from '../../../../src/tables/locations/files/allowed-path.ts';

test('a folder above them does not allow the folders of the system', async () => {
  for (const path of ['/proc/self/environ', '/proc/1/cmdline', '/proc', '/sys/class/x']) {
    await expect(allowedPath(path, ['/'])).rejects.toMatchObject({ code: 'file_not_allowed' });
  }
  const table = join(await realpath(tmpdir()), 'process.csv');
  await expect(allowedPath(table, ['/'])).resolves.toBe(table);
});
