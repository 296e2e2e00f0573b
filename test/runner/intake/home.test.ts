import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { startWorld, type World } from '../world.ts';

let world: World | undefined;
let elsewhere: string | undefined;

afterEach(async () => {
  await world?.close();
  if (elsewhere !== undefined) await rm(elsewhere, { recursive: true, force: true });
});

it('drives a batch of relative paths from another process with other folders', async () => {
  world = await startWorld();
  await world.write('table.csv', 'q\na\nb\n');
  elsewhere = await mkdtemp(join(tmpdir(), 'rowmill-elsewhere-'));
  const here = (name: string) => relative(process.cwd(), join(world?.folder ?? '', name));
  const id = await world.start({}, { csv_uri: here('table.csv'), output_uri: here('out.csv') });
  const other = await world.other({ tables: world.deps.tables.within([elsewhere]) });

  const cwd = process.cwd();
  try {
    process.chdir(elsewhere);
    const report = await other.drive(id);
    expect(report).toMatchObject({ status: 'completed', source_uri: join(world.folder, 'table.csv') });
  } finally {
    process.chdir(cwd);
  }
  expect(await world.read('out.csv')).toContain('a,a!,SUCCESS');
});
