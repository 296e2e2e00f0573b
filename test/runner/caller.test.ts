import { afterEach, beforeEach, expect, test } from 'vitest';
import { keyCaller, localCaller } from '../../src/runner/contract/caller.ts';
import { startWorld, table, type World, words } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld();
  await world.write('table.csv', table(words(2)));
});
afterEach(() => world.close());

test('a batch keeps its name and who created it', async () => {
  const runner = world.runner.as(keyCaller('a-secret-key', 'mcp'));
  const { report } = await runner.create({ ...world.request(), name: 'Two words' });
  expect(report).toMatchObject({
    name: 'Two words',
    created_by: { face: 'mcp', id: expect.stringMatching(/^key_\w{12}$/) },
  });
  expect(JSON.stringify(report)).not.toContain('a-secret-key');
  expect(await world.runner.list({ limit: 1 })).toMatchObject([{ name: 'Two words' }]);
});

test('a caller without the scope to write reads, and changes nothing', async () => {
  const { report } = await world.runner.create(world.request());
  const id = report.batch_id;
  const reader = world.runner.as({ ...localCaller('cli'), name: 'reader', scopes: ['read'] });
  expect(await reader.report(id)).toMatchObject({ batch_id: id, name: null });
  const refused = { code: 'scope_missing', message: expect.stringContaining('scope run') };
  const changes = [
    () => reader.create(world.request()),
    () => reader.pause(id),
    () => reader.resume(id),
    () => reader.set(id, { priority: 1 }),
    () => reader.retry(id, {}),
    () => reader.cancel(id),
    () => reader.remove(id),
    () => reader.exportTable(id, 'x.csv'),
  ];
  for (const change of changes) await expect(change()).rejects.toMatchObject(refused);
  const nobody = world.runner.as({ ...localCaller('cli'), scopes: [] });
  const reads = [() => nobody.plan(world.request()), () => nobody.report(id), () => nobody.list({ limit: 1 })];
  for (const read of reads) await expect(read()).rejects.toMatchObject({ code: 'scope_missing' });
});
