import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createSilentLog } from '../../../src/base/log.ts';
import { openSqliteStore } from '../../../src/storage/sqlite/open-sqlite-store.ts';
import { createWorkspace, type Workspace } from '../../cli/workspace.ts';

let workspace: Workspace;
beforeEach(async () => {
  workspace = await createWorkspace();
});
afterEach(() => workspace.close());

it('processing without a terminal names the flags that start it', async () => {
  const refused = await workspace.run(['queues', 'process']);
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toContain('Give --accept with the estimate that a person accepts, or --max-cost with a cap.');
});

it('names a file of inputs that is not there', async () => {
  const refused = await workspace.run(['jobs', 'add', 'greeter', '--file', 'none.jsonl']);
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('--file none.jsonl can not be read')]);
  expect((await workspace.run(['jobs', 'show', 'job_none'])).code).toBe(2);
});

it('adds a job with the estimate that its owner accepts', async () => {
  const json = async (...args: string[]) => JSON.parse((await workspace.run([...args, '--json'])).stdout);
  const { jobs } = await json('jobs', 'add', 'greeter', '--input', '{"name": "Ann"}', '--accept', '1');
  expect(await json('jobs', 'show', jobs[0].job_id)).toMatchObject({ state: 'waiting', max_cost_usd: 1.1 });
});

it('says when there are no dead letters', async () => {
  const empty = await workspace.run(['jobs', 'deliveries']);
  expect([empty.code, empty.stdout]).toEqual([0, expect.stringContaining('There are no such deliveries.')]);
  expect((await workspace.run(['jobs', 'deliveries', '--state', 'lost'])).stderr).toContain(
    '--state must be one of pending, delivered, dead.',
  );
  const unknown = await workspace.run(['jobs', 'resend', 'evt_none']);
  expect(unknown.stderr).toContain('There is no dead letter evt_none.');
});

it('shows the deliveries of a job, and sends a dead one again', async () => {
  const receiver = 'http://127.0.0.1:1';
  const env = { ROWMILL_WEBHOOK_HOSTS: receiver, ROWMILL_WEBHOOK_SECRET: 'a secret of sixteen' };
  const added = await workspace.run(
    ['jobs', 'add', 'greeter', '--input', '{"name": "Ann"}', '--callback', receiver, '--json'],
    { env },
  );
  expect(added.code, added.stderr).toBe(0);
  const [{ job_id: id }] = JSON.parse(added.stdout).jobs;
  await workspace.run(['jobs', 'cancel', id]);
  const store = await openSqliteStore({
    ...{ path: join(workspace.path('data'), 'rowmill.db'), now: Date.now, log: createSilentLog() },
  });
  const [event] = await store.listDeliveries({ limit: 1 });
  await store.settleDelivery(event?.eventId ?? '', { state: 'dead', error: 'no answer' });
  const dead = await workspace.run(['jobs', 'deliveries', '--state', 'dead']);
  expect(dead.stdout).toContain('no answer');
  expect(dead.stdout).toContain(receiver);
  expect((await workspace.run(['jobs', 'resend', event?.eventId ?? ''], { env })).code).toBe(0);
  await store.close();
  expect((await workspace.run(['jobs', 'deliveries', '--state', 'dead'])).stdout).toContain('no such deliveries');
});
