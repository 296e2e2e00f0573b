import { afterAll, beforeAll, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/protocol/messages.ts';
import { AGENT, type Rig, SPEED, startRig } from '../rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.close());

const execute = (input: JsonObject) => rig.call('execute_batch_processor', input);

async function runToRest(input: JsonObject = {}): Promise<string> {
  const { batch_id } = await execute({ csv_uri: rig.table, target: AGENT, ...input });
  await rig.call('monitor_batch_execution', { batch_id: String(batch_id), wait_seconds: 30 });
  return String(batch_id);
}

it('retry runs the failed rows of an ended batch again, with another model where it is asked for', async () => {
  const batch_id = await runToRest();
  expect(await rig.call('monitor_batch_execution', { batch_id })).toMatchObject({
    status: 'completed',
    counts: { succeeded: 2, failed: 1 },
    bill: { failed: { attempts: 1, cost_usd: 0 }, succeeded: { attempts: 2 } },
    next_step: expect.stringContaining('"retry"'),
  });
  const patient = await rig.write('patient.yaml', SPEED.replaceAll('Nowhere', 'Elsewhere'));
  const retried = await execute({ action: 'retry', batch_id, retry: { model: `scripted/${patient}` } });
  expect(retried).toMatchObject({ action: 'retry', status: 'running', needs_confirmation: null, started: false });
  const ended = await rig.call('monitor_batch_execution', { batch_id, wait_seconds: 30 });
  expect(ended).toMatchObject({
    status: 'completed',
    counts: { succeeded: 3, failed: 0 },
    model: `scripted/${patient}`,
  });
});

it('retry of a code that no row failed with names the codes there are', async () => {
  const batch_id = await runToRest();
  const error = await rig.fail('execute_batch_processor', { action: 'retry', batch_id, retry: { codes: ['refused'] } });
  expect(error).toMatchObject({ code: 'invalid_arguments', message: expect.stringMatching(/"refused".* \(1\)/) });
});

it('cancel and retry act on one row of a batch that is paused', async () => {
  const batch_id = await runToRest({ options: { sample: 1 } });
  await execute({ action: 'cancel', batch_id, row: 2 });
  const monitored = () => rig.call('monitor_batch_execution', { batch_id });
  expect(await monitored()).toMatchObject({ status: 'paused', failures: [{ code: 'row_cancelled', count: 1 }] });
  await execute({ action: 'retry', batch_id, retry: { row: 2 } });
  expect(await monitored()).toMatchObject({ status: 'paused', failures: [] });
});

it('pause, set and resume act on a batch, and monitor shows what is set', async () => {
  const batch_id = await runToRest({ options: { sample: 1, priority: 2 } });
  const monitored = await rig.call('monitor_batch_execution', { batch_id });
  expect(monitored).toMatchObject({
    pause_reason: 'sample',
    options: { concurrency: 10, max_cost_usd: null, priority: 2 },
    estimate_rest: { rows: 2, basis: expect.stringContaining('measured on one row') },
    next_step: expect.stringContaining('about 2 rows'),
  });
  await execute({ action: 'set', batch_id, options: { concurrency: 4, priority: 9 } });
  expect(await rig.call('monitor_batch_execution', { batch_id })).toMatchObject({
    options: { concurrency: 4, priority: 9 },
  });
  expect(await execute({ action: 'pause', batch_id })).toMatchObject({ action: 'pause', status: 'paused' });
  await execute({ action: 'resume', batch_id, options: { priority: 1 } });
  expect(await rig.call('monitor_batch_execution', { batch_id, wait_seconds: 30 })).toMatchObject({
    status: 'completed',
    options: { concurrency: 4, priority: 1 },
    estimate_rest: null,
  });
});

it.each([
  [{ action: 'set', batch_id: 'bat_1' }, 'Nothing to set: give options.concurrency'],
  [{ action: 'set', batch_id: 'bat_1', options: { sample: 3 } }, 'leave out options.sample'],
  [{ action: 'pause' }, 'action "pause" needs the batch_id'],
  [{ action: 'pause', batch_id: 'bat_1', options: { concurrency: 3 } }, 'leave out options.concurrency'],
  [{ action: 'cancel', batch_id: 'bat_1', confirmation_token: 'x' }, 'leave out confirmation_token'],
  [{ action: 'resume', batch_id: 'bat_1', retry: {} }, 'leave out retry'],
  [
    { action: 'retry', batch_id: 'bat_1', retry: { code: 'x' } },
    'unknown field "code" (did you mean "codes"?); the fields are: codes, row, model',
  ],
  [{ csv_uri: 'a.csv', target: { name: 'x' }, retry: {} }, 'retry belongs to the actions retry'],
  [{ csv_uri: 'a.csv', target: { name: 'x' }, options: { priority: 11 } }, 'options.priority'],
])('the arguments %j are refused: %s', async (input, words) => {
  expect(await rig.fail('execute_batch_processor', input)).toMatchObject({
    code: 'invalid_arguments',
    message: expect.stringContaining(words),
  });
});

it.each(['pause', 'retry'])('%s of a batch that does not exist says so', async (action) => {
  expect(await rig.fail('execute_batch_processor', { action, batch_id: 'bat_none' })).toMatchObject({
    code: 'batch_not_found',
  });
});
