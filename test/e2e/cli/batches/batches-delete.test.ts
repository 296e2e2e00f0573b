import { stat } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createWorkspace, type Workspace } from '../../../cli/workspace.ts';

let space: Workspace;
beforeAll(async () => {
  space = await createWorkspace({ names: ['Ann', 'bad', 'Ann'] });
});
afterAll(() => space.close());

const start = async (...options: string[]) =>
  JSON.parse((await space.run(['run', 'people.csv', '-a', 'greeter', '--json', ...options])).stdout);

it('deletes nothing without a yes where nobody can be asked', async () => {
  const { batch_id: id } = await start();
  const refused = await space.run(['batches', 'delete', id]);
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toMatch(/can't be undone; add --yes/);
  expect((await space.run(['batches', 'show', id])).code).toBe(0);
});

it('deletes a batch for good and leaves its table', async () => {
  const { batch_id: id, output_uri: table } = await start();
  const deleted = await space.run(['batches', 'delete', id, '--yes']);
  expect(deleted).toMatchObject({ code: 0, stderr: '' });
  expect(deleted.stdout).toContain(`Deleted ${id} (3 rows`);
  expect(deleted.stdout).toContain(table);
  expect((await stat(table)).size).toBeGreaterThan(0);
  expect((await space.run(['batches', 'list'])).stdout).not.toContain(id);
  const again = await space.run(['batches', 'delete', id, '--yes', '--json']);
  expect(again.code).toBe(2);
  expect(JSON.parse(again.stdout).error.code).toBe('batch_not_found');
});

it('deletes a paused batch only by force', async () => {
  const { batch_id: id, status } = await start('--sample', '1');
  expect(status).toBe('paused');
  const refused = await space.run(['batches', 'delete', id, '--yes']);
  expect(refused.stderr).toMatch(/paused and can still be resumed; .*--force/);
  const deleted = JSON.parse((await space.run(['batches', 'delete', id, '--yes', '--force', '--json'])).stdout);
  expect(deleted).toMatchObject({ batch_id: id, deleted: true, status: 'paused' });
});

it('shows what came from the cache and what was pruned', async () => {
  const { batch_id: id, cached_calls: cached } = await start('--cache', 'batch', '--trace', 'failures');
  expect(cached).toBe(1);
  expect((await space.run(['batches', 'show', id])).stdout).toMatch(/1 answered from the cache/);
  const served = await space.run(['batches', 'trace', id, '2']);
  expect(served.stdout).toMatch(new RegExp(`from the cache \\(${id}/0/1\\), messages deleted`));
  expect((await space.run(['batches', 'trace', id, '1'])).stdout).toContain('I will not.');
});

it('refuses scopes that there are not', async () => {
  const done = await space.run(['run', 'people.csv', '-a', 'greeter', '--cache', 'some', '--json']);
  expect(done.code).toBe(2);
  expect((await space.run(['run', '--help'])).stdout).toMatch(/--cache <scope>.*\n?.*"off", "batch", "all"/s);
});
