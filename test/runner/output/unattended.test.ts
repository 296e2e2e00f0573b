import { afterEach, expect, test } from 'vitest';
import { reportLines, statusWords } from '../../../src/cli/terminal/report-text.ts';
import { reportBatches } from '../../../src/runner/output/report.ts';
import { startWorld, table, type World, words } from '../world.ts';

let world: World;
afterEach(() => world.close());

async function report(id: string, afterMs: number) {
  const batch = await world.store.readBatch(id);
  const clock = { ...world.deps.clock, now: () => world.deps.clock.now() + afterMs };
  const [found] = await reportBatches(batch === undefined ? [] : [batch], { ...world.deps, clock });
  if (found === undefined) throw new Error('There is no report.');
  return found;
}

test('says that no process runs a batch whose process is gone, with both ways to continue', async () => {
  world = await startWorld();
  await world.write('table.csv', table(words(3)));
  const id = await world.start();
  const dead = { ...world.deps.owner, instance: 'dead', pid: 2 ** 22 + 1, processStart: '1' };
  await world.store.acquireLease(id, dead);
  const left = await report(id, 60_000);
  expect(left).toMatchObject({ status: 'created', unattended: true });
  expect(left.next_step).toBe(
    `No process runs it. Continue it in this terminal with "rowmill batches resume ${id}", or start "rowmill serve", which continues it.`,
  );
  expect(statusWords(left)).toBe('created (no process runs it)');
  const layout = { paint: (_: unknown, text: string) => text, textWidth: 200 };
  expect(reportLines(left, layout)[0]).toContain('created (no process runs it)');
});

test('says no such thing of a new batch, of a batch of this process, and of one at rest', async () => {
  world = await startWorld();
  await world.write('table.csv', table(words(3)));
  const id = await world.start();
  expect((await report(id, 0)).unattended).toBe(false);
  const lease = await world.store.acquireLease(id, world.deps.owner);
  expect((await report(id, 60_000)).unattended).toBe(false);
  if (lease.acquired) await world.store.releaseLease(lease.fence);
  expect((await report(id, 60_000)).unattended).toBe(true);
  await world.runner.pause(id);
  expect(await report(id, 60_000)).toMatchObject({ status: 'paused', unattended: false });
});
