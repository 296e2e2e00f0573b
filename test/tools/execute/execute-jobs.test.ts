import { afterEach, expect, it } from 'vitest';
import { AGENT, type Rig, startRig } from '../rig.ts';

let rig: Rig;
afterEach(() => rig.close());

const job = (address: string) => ({ agent: String(AGENT.name), input: { address, postcode: 'AB1 2CD' } });

it('enqueues jobs once for a call, shows their queue, and processes them', async () => {
  rig = await startRig({ drive: false });
  const jobs = [job('1 High St'), job('2 High St')];
  const context = { idempotencyKey: 'call-1' };
  const first = await rig.call('execute_batch_processor', { action: 'enqueue', jobs }, context);
  expect(await rig.call('execute_batch_processor', { action: 'enqueue', jobs }, context)).toMatchObject({
    jobs: { enqueued: (first['jobs'] as { enqueued: string[] }).enqueued },
  });
  expect(await rig.call('monitor_batch_execution', { subject: 'queues' })).toMatchObject({
    summary: '2 jobs wait in 1 queue.',
    queues: [{ agent: AGENT.name, waiting: 2 }],
  });
  const done = await rig.call('execute_batch_processor', { action: 'process' });
  expect(done).toMatchObject({ started: true, needs_confirmation: null, jobs: { processed: [{ jobs: 2 }] } });
  expect(rig.ready()).toBe(1);
  expect(await rig.call('monitor_batch_execution', { batch_id: String(done['batch_id']) })).toMatchObject({
    status: 'created',
  });
});

it('processes nothing that a person has to agree to first', async () => {
  rig = await startRig({ drive: false });
  await rig.write('agents.yaml', PRICED);
  await rig.call('execute_batch_processor', { action: 'enqueue', jobs: Array.from({ length: 100 }, () => PRICY_JOB) });
  const asked = await rig.call('execute_batch_processor', { action: 'process' });
  expect(asked).toMatchObject({ started: false, needs_confirmation: { limit_usd: 5, expected_usd: null } });
  expect(await rig.call('monitor_batch_execution', { subject: 'queues' })).toMatchObject({
    queues: [{ waiting: 100 }],
  });
});

it('says which fields the actions on jobs take', async () => {
  rig = await startRig({ drive: false });
  const fail = (input: object) => rig.fail('execute_batch_processor', input as never);
  expect((await fail({ action: 'enqueue' })).message).toContain('action "enqueue" needs jobs');
  // At night, jobs with a cap are processed without a yes: no model sets one.
  for (const consent of [{ max_cost_usd: 1 }, { accepted_usd: 1 }])
    expect((await fail({ action: 'enqueue', jobs: [{ ...job('x'), ...consent }] })).message).toContain('unknown field');
  expect((await fail({ action: 'process', batch_id: 'bat_1' })).message).toContain('leave out batch_id');
  expect((await rig.fail('monitor_batch_execution', {})).message).toContain('needs its batch_id');
});

const PRICED = `
agents:
  - name: dear
    model: {provider: anthropic, model: claude-of-no-price}
    instructions: Answer.
    input: {type: object, properties: {address: {type: string}}, required: [address]}
    structured_output: {enabled: true, schema: {type: object, properties: {answer: {type: string}}, required: [answer]}}
`;
const PRICY_JOB = { agent: 'dear', input: { address: 'x' } };
