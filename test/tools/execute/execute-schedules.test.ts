import { afterEach, beforeEach, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/protocol/messages.ts';
import { AGENT, type Rig, startRig } from '../rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig({ drive: false });
});
afterEach(() => rig.close());

const execute = (input: JsonObject) => rig.call('execute_batch_processor', input);
const refusal = async (input: JsonObject) => (await rig.fail('execute_batch_processor', input)).message;
const schedules = async () => {
  const shown = await rig.call('monitor_batch_execution', { subject: 'schedules' });
  return shown['schedules'] as { name: string }[];
};
/** Adds a schedule, with the yes of a person. */
async function add(input: JsonObject): Promise<JsonObject> {
  const asked = await execute(input);
  const { confirmation_token: token = '', confirm_command: command } = asked['needs_confirmation'] as JsonObject;
  await rig.confirmations.agree(String(command).replace('rowmill confirm ', ''));
  return execute({ ...input, confirmation_token: token });
}

const NIGHT = { action: 'schedule', schedule: { name: 'night', cron: '0 2 * * *', time_zone: 'Europe/Berlin' } };

it('adds a schedule only with the yes of a person, however small its cap', async () => {
  const wanted = { ...NIGHT, options: { max_cost_usd: 0.01 } };
  const asked = await execute(wanted);
  expect(asked).toMatchObject({
    ...{ started: false, summary: expect.stringContaining('Nothing was done yet') },
    needs_confirmation: {
      title:
        'Add the schedule night: At 02:00 every day (Europe/Berlin) processes the waiting jobs, for at most $0.01 each time, without asking',
    },
  });
  const { confirmation_token: token = '' } = asked['needs_confirmation'] as JsonObject;
  expect(await execute({ ...wanted, confirmation_token: token })).toMatchObject({ needs_confirmation: {} });
  expect((await schedules()).map(({ name }) => name)).toEqual(['nightly']);
  expect(await add(wanted)).toMatchObject({ schedule: { name: 'night', enabled: true, max_cost_usd: 0.01 } });
  expect((await schedules()).map(({ name }) => name)).toEqual(['night', 'nightly']);
});

it('needs a yes to exactly this schedule', async () => {
  const asked = await execute({ ...NIGHT, options: { max_cost_usd: 1 } });
  const { confirmation_token: token = '', confirm_command: command } = asked['needs_confirmation'] as JsonObject;
  await rig.confirmations.agree(String(command).replace('rowmill confirm ', ''));
  const others = [
    { ...NIGHT, options: { max_cost_usd: 2 } },
    { ...NIGHT, options: { max_cost_usd: 1 }, schedule: { ...NIGHT.schedule, cron: '* * * * *' } },
    { ...NIGHT, options: { max_cost_usd: 1 }, csv_uri: rig.table, target: AGENT },
  ];
  for (const other of others) {
    expect((await execute({ ...other, confirmation_token: token }))['needs_confirmation']).not.toBeNull();
  }
  expect(await schedules()).toHaveLength(1);
});

it('runs a batch over a table at its times, and now by trigger; unschedule stops it', async () => {
  const wanted = { ...NIGHT, csv_uri: rig.table, target: AGENT, options: { max_cost_usd: 1 } };
  expect(await add(wanted)).toMatchObject({ schedule: { starts: `run_batch over ${rig.table}` } });
  const run = await execute({ action: 'trigger', schedule: { name: 'night' } });
  expect(run).toMatchObject({
    started: true,
    needs_confirmation: null,
    schedule: { last_run: { state: 'succeeded' } },
  });
  expect(rig.ready()).toBe(1);
  expect(await rig.runner.report(String(run['batch_id']))).toMatchObject({ options: { max_cost_usd: 1 } });
  expect(await execute({ action: 'unschedule', schedule: { name: 'night' } })).toMatchObject({
    schedule: { enabled: false, next: null },
  });
});

it('changes a schedule by its name, and starts a stopped one again, each with a yes', async () => {
  await add({ ...NIGHT, options: { max_cost_usd: 1 } });
  await execute({ action: 'unschedule', schedule: { name: 'night' } });
  const again = { action: 'schedule', schedule: { name: 'night' } };
  expect(await execute(again)).toMatchObject({
    needs_confirmation: {
      title: expect.stringMatching(/^Start the schedule night: At 02:00 .* for at most \$1\.00 each time/),
    },
  });
  expect(await add(again)).toMatchObject({ schedule: { enabled: true, max_cost_usd: 1, next: expect.any(String) } });
  expect(await execute(again)).toMatchObject({ summary: expect.stringContaining('is started already') });
  const changed = { ...again, schedule: { name: 'night', cron: '30 4 * * *' }, options: { max_cost_usd: 2 } };
  expect(await execute(changed)).toMatchObject({
    needs_confirmation: {
      title: expect.stringMatching(/^Change the schedule night: At 04:30 .*Europe\/Berlin.* for at most \$2\.00 each/),
    },
  });
  expect(await add(changed)).toMatchObject({
    schedule: { when: expect.stringContaining('04:30'), max_cost_usd: 2, starts: 'process_queues' },
  });
  expect(await add({ ...again, csv_uri: rig.table, target: AGENT })).toMatchObject({
    schedule: { when: expect.stringContaining('04:30'), starts: `run_batch over ${rig.table}` },
  });
  expect((await schedules()).map(({ name }) => name)).toEqual(['night', 'nightly']);
});

it('triggers a schedule whose cap is above the limit only with a yes', async () => {
  const asked = await execute({ action: 'trigger', schedule: { name: 'nightly' } });
  expect(asked).toMatchObject({ started: false, needs_confirmation: { expected_usd: 20, limit_usd: 5 } });
});

it('is refused without a cap, a time, or what belongs to it', async () => {
  expect(await refusal(NIGHT)).toContain('max_cost_usd');
  const capped = { options: { max_cost_usd: 1 } };
  expect(await refusal({ ...NIGHT, ...capped, schedule: { name: 'a', cron: '0 25 * * *' } })).toContain('hour: 25');
  expect(await refusal({ action: 'schedule', schedule: { name: 'a' }, ...capped })).toContain('needs schedule.cron');
  expect(await refusal({ action: 'trigger' })).toContain('needs schedule with its name');
  expect(await refusal({ action: 'trigger', schedule: { name: 'night', cron: '* * * * *' } })).toContain(
    'only the name',
  );
  expect(await refusal({ ...NIGHT, ...capped, csv_uri: rig.table })).toContain('with a table');
  expect(await refusal({ action: 'unschedule', schedule: { name: 'gone' } })).toContain('There is no schedule "gone"');
  expect(await refusal({ action: 'pause', batch_id: 'bat_1', schedule: { name: 'a' } })).toContain(
    'leave out schedule',
  );
});
