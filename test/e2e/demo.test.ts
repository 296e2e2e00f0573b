import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createWorkspace, type Workspace } from '../cli/workspace.ts';

let space: Workspace;
beforeEach(async () => {
  space = await createWorkspace();
});
afterEach(() => space.close());

it('takes a free name rather than overwrite a table', async () => {
  await writeFile(space.path('addresses-broadband.csv'), 'mine\n');
  const done = await space.run(['demo', '--json']);
  expect(done.code).toBe(0);
  expect(JSON.parse(done.stdout).output_uri).toContain('addresses-broadband-2.csv');
  expect(await readFile(space.path('addresses-broadband.csv'), 'utf8')).toBe('mine\n');
});

it('leaves nothing behind but the table, unless told to keep its data', async () => {
  const tmp = space.path('');
  const gone = await space.run(['demo', '--out', 'a.csv', '--json'], { env: { TMPDIR: tmp } });
  expect(gone.code).toBe(0);
  const stages = async () => (await readdir(tmp)).filter((name) => name.startsWith('rowmill-demo-'));
  expect(await stages()).toEqual([]);
  const kept = await space.run(['demo', '--out', 'b.csv', '--keep', '--json'], { env: { TMPDIR: tmp } });
  const { data_dir: dataDir, batch_id: batchId } = JSON.parse(kept.stdout);
  expect(await stages()).toHaveLength(1);
  expect(existsSync(join(dataDir, 'rowmill.db'))).toBe(true);
  const list = await space.run(['batches', 'list', '--json'], { env: { ROWMILL_DATA_DIR: dataDir } });
  expect(JSON.parse(list.stdout).batches.map((batch: { batch_id: string }) => batch.batch_id)).toEqual([batchId]);
  expect(existsSync(join(space.folder, 'data'))).toBe(false);
});
