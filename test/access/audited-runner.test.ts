import { afterEach, beforeEach, expect, it } from 'vitest';
import { createAudit } from '../../src/access/audit.ts';
import { auditedRunner } from '../../src/access/audited-runner.ts';
import { createSilentLog } from '../../src/base/log.ts';
import { keyCaller } from '../../src/runner/contract/caller.ts';
import type { Runner } from '../../src/runner/runner.ts';
import { startWorld, table, type World, words } from '../runner/world.ts';

let world: World;
let runner: Runner;
const caller = keyCaller('a-secret-key', 'http');

beforeEach(async () => {
  world = await startWorld();
  await world.write('table.csv', table(words(2)));
  const audit = createAudit({ store: world.store, now: Date.now, log: createSilentLog() });
  runner = auditedRunner(world.runner.as(caller), caller, audit);
});
afterEach(() => world.close());

const log = async () =>
  (await world.store.readAudit({ limit: 20 }))
    .map(({ action, subject, face, callerId, outcome }) => [action, subject, face, callerId, outcome?.code])
    .reverse();

it('writes starts, changes and deletions with their caller, batch and outcome', async () => {
  const { report } = await runner.create(world.request());
  const id = report.batch_id;
  await runner.set(id, { priority: 3 });
  await runner.pause(id);
  await runner.resume(id, {});
  await expect(runner.cancelRow(id, 7)).rejects.toThrow();
  await expect(runner.retry(id, { row: 7 })).rejects.toThrow();
  await world.runner.drive(id);
  await expect(runner.retry(id, {})).rejects.toThrow();
  await expect(runner.cancel(id)).rejects.toThrow();
  await runner.remove(id);
  const by = (action: string, code: string | null = null) => [action, id, 'http', caller.id, code];
  expect(await log()).toEqual([
    by('batch-start'),
    by('batch-set'),
    by('batch-pause'),
    by('batch-resume'),
    by('row-cancel', 'batch_state_invalid'),
    by('row-requeue', 'batch_state_invalid'),
    by('batch-retry', 'batch_state_invalid'),
    by('batch-cancel', 'batch_state_invalid'),
    by('batch-delete'),
  ]);
  const start = (await world.store.readAudit({ limit: 9 })).at(-1);
  expect(start?.details).toMatchObject({ agent: expect.stringMatching(/@/), rows: 2 });
});

it('writes a start before the batch exists, and starts nothing that it can not write', async () => {
  const seen: unknown[] = [];
  const store = {
    ...world.store,
    appendAudit: async (...given: Parameters<typeof world.store.appendAudit>) => {
      seen.push(await world.store.listBatches({ limit: 1 }));
      if (seen.length > 1) throw new Error('the disk is full');
      return world.store.appendAudit(...given);
    },
  };
  const strict = auditedRunner(world.runner, caller, createAudit({ store, now: Date.now, log: createSilentLog() }));
  await strict.create(world.request());
  expect(seen).toEqual([[]]);
  await expect(strict.create(world.request())).rejects.toThrow('the disk is full');
  expect(await world.store.listBatches({ limit: 5 })).toHaveLength(1);
});

it('writes nothing for a request that can not run, or that only reads', async () => {
  await expect(runner.create({ ...world.request(), csv_uri: 'missing.csv' })).rejects.toThrow();
  await runner.list({ limit: 1 });
  await runner.plan(world.request());
  expect(await log()).toEqual([]);
});

it('writes that collected rows are run', async () => {
  const { csv_uri: _, ...request } = world.request();
  const { report } = await runner.collect({ ...request, columns: ['q'] });
  await runner.append(report.batch_id, { rows: [['a']] });
  await runner.run(report.batch_id);
  expect(await log()).toEqual([['batch-start', report.batch_id, 'http', caller.id, null]]);
});
