import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AGENT, type Rig, runToEnd, startRig } from '../rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.close());

describe('execute_batch_processor', () => {
  it('starts nothing in a dry run', async () => {
    const before = (await rig.runner.list({ limit: 100 })).length;
    const answer = await rig.call('execute_batch_processor', {
      csv_uri: rig.table,
      target: AGENT,
      options: { dry_run: true },
    });
    expect(answer).toMatchObject({ dry_run: true, started: false, batch_id: null, row_count: 3, problems: [] });
    expect((await rig.runner.list({ limit: 100 })).length).toBe(before);
  });

  it('tells in a dry run why a batch can not run', async () => {
    const answer = await rig.call('execute_batch_processor', {
      csv_uri: rig.table,
      target: { name: 'talker' },
      options: { dry_run: true },
    });
    expect(answer).toMatchObject({ problems: [{ code: 'agent_not_structured' }], started: false });
  });

  it('answers a start within two seconds with the mapping and who stands in for the model', async () => {
    const begun = Date.now();
    const answer = await rig.call('execute_batch_processor', { csv_uri: rig.table, target: AGENT });
    expect(Date.now() - begun).toBeLessThan(2000);
    expect(answer).toMatchObject({
      started: true,
      row_count: 3,
      input_mapping: { address: 'Address' },
      output_columns: ['speed', 'seen', '_status', '_processing_time', '_error'],
      stand_in: expect.stringContaining('scripted'),
    });
    expect(rig.ready()).toBeGreaterThan(0);
  });

  it('starts once under one idempotency key, its own or that of the call', async () => {
    const input = { csv_uri: rig.table, target: AGENT };
    const options = { options: { idempotency_key: 'k1' } };
    const first = await rig.call('execute_batch_processor', { ...input, ...options });
    const second = await rig.call('execute_batch_processor', { ...input, ...options });
    expect(second).toMatchObject({ started: false, batch_id: first['batch_id'] ?? 'none' });
    const third = await rig.call('execute_batch_processor', input, { idempotencyKey: 'call-1' });
    const again = await rig.call('execute_batch_processor', input, { idempotencyKey: 'call-1' });
    expect(again).toMatchObject({ started: false, batch_id: third['batch_id'] ?? 'none' });
    expect(third['batch_id']).not.toBe(first['batch_id']);
  });

  it.each([
    [{ target: { name: 'x' } }, 'action "start" reads a table'],
    [{ csv_uri: 'a.csv' }, 'names no agent; give agent_name, or target'],
    [{ csv_uri: 'a.csv', target: { name: 'x' }, batch_id: 'bat_1' }, 'batch_id belongs to the actions'],
    [{ action: 'resume' }, 'action "resume" needs the batch_id'],
    [{ action: 'cancel', batch_id: 'bat_1', csv_uri: 'a.csv' }, 'leave out csv_uri'],
    [{ action: 'resume', batch_id: 'bat_1', options: { sample: 2 } }, 'leave out options.sample'],
    [{ csv_uri: 'a.csv', target: { name: 'x', type: 'function' } }, 'target.type'],
    [{ csv_uri: 'a.csv', target: { name: 'x' }, options: { concurrency: 0 } }, 'options.concurrency'],
    [{ csv_uri: 'a.csv', target: { name: 'x' }, input_mapping: { a: { colum: 'b' } } }, 'input_mapping.a'],
  ])('refuses the arguments %j and says %s', async (input, words) => {
    const error = await rig.fail('execute_batch_processor', input);
    expect(error.code).toBe('invalid_arguments');
    expect(error.message).toContain(words);
  });

  it('refuses an option that there is not, by its name', async () => {
    const options = { speed: 'high' };
    const error = await rig.fail('execute_batch_processor', { csv_uri: rig.table, target: AGENT, options });
    expect(error.code).toBe('option_not_supported');
    expect(error.message).toContain('unknown field "speed"');
  });

  it('hands the cache on, and refuses a scope that there is not', async () => {
    const csv_uri = await rig.write('twice.csv', 'Address,postcode\n1 High Street,AB1\n1 High Street,AB1\n');
    const start = { csv_uri, target: AGENT };
    const error = await rig.fail('execute_batch_processor', { ...start, options: { cache: 'some' } });
    expect(error.code).toBe('invalid_arguments');
    const id = await runToEnd(rig, { csv_uri, options: { cache: 'batch' } });
    expect(await rig.runner.report(id)).toMatchObject({ model_calls: 1, cached_calls: 1 });
  });

  it('reports a start that can not work before anything is stored', async () => {
    const before = (await rig.runner.list({ limit: 100 })).length;
    expect(await rig.fail('execute_batch_processor', { csv_uri: rig.table, target: { name: 'nobody' } })).toMatchObject(
      {
        code: 'agent_not_found',
      },
    );
    expect(
      await rig.fail('execute_batch_processor', { csv_uri: rig.table, target: AGENT, output_uri: rig.table }),
    ).toMatchObject({ code: 'output_is_source' });
    expect((await rig.runner.list({ limit: 100 })).length).toBe(before);
  });

  it('runs a sample, then the rest', async () => {
    const id = await runToEnd(rig, { options: { sample: 1 } });
    const paused = await rig.call('monitor_batch_execution', { batch_id: id });
    expect(paused).toMatchObject({ status: 'paused', pause_reason: 'sample', counts: { succeeded: 1 } });
    expect(paused['next_step']).toContain('action "resume"');
    await rig.call('execute_batch_processor', { action: 'resume', batch_id: id });
    const ended = await rig.call('monitor_batch_execution', { batch_id: id, wait_seconds: 30 });
    expect(ended).toMatchObject({ status: 'completed', counts: { total: 3, succeeded: 2, failed: 1 } });
  });

  it('cancels a batch, whose rows that did not run are marked', async () => {
    const id = await runToEnd(rig, { options: { sample: 1 } });
    await rig.call('execute_batch_processor', { action: 'cancel', batch_id: id });
    const ended = await rig.call('monitor_batch_execution', { batch_id: id, wait_seconds: 30 });
    expect(ended).toMatchObject({ status: 'cancelled' });
    const { rows } = await rig.call('get_batch_results', { batch_id: id, status: 'not_run' });
    expect(rows).toMatchObject([
      { row: 1, _status: 'NOT_RUN' },
      { row: 2, _status: 'NOT_RUN' },
    ]);
  });

  it('drives a batch that lost its process when it is resumed, and says when nobody could be found to', async () => {
    const alone = await startRig({ drive: false });
    try {
      const table = alone.table;
      const { batch_id } = await alone.call('execute_batch_processor', { csv_uri: table, target: AGENT });
      const before = alone.ready();
      const resumed = await alone.call('execute_batch_processor', { action: 'resume', batch_id: batch_id ?? '' });
      expect(resumed).toMatchObject({ status: 'created', started: false });
      expect(alone.ready()).toBe(before + 1);
      alone.failReady(new Error('no process'));
      const started = await alone.call('execute_batch_processor', { csv_uri: table, target: AGENT });
      expect(started['warnings']).toContainEqual(expect.stringContaining('no process'));
      expect(started).toMatchObject({ started: true });
    } finally {
      await alone.close();
    }
  });

  it('takes other limits on a resume, of a paused batch only', async () => {
    const { batch_id } = await rig.call('execute_batch_processor', {
      csv_uri: rig.table,
      target: AGENT,
      options: { sample: 1 },
    });
    await rig.call('monitor_batch_execution', { batch_id: batch_id ?? '', wait_seconds: 30 });
    const resumed = await rig.call('execute_batch_processor', {
      action: 'resume',
      batch_id: batch_id ?? '',
      options: { concurrency: 2 },
    });
    expect(resumed).toMatchObject({ action: 'resume', batch_id: batch_id ?? '' });
    const again = { action: 'resume', batch_id: batch_id ?? '', options: { concurrency: 3 } };
    expect(await rig.fail('execute_batch_processor', again)).toMatchObject({ code: 'batch_state_invalid' });
  });

  it.each(['resume', 'cancel'])('says which batch does not exist on %s', async (action) => {
    expect(await rig.fail('execute_batch_processor', { action, batch_id: 'bat_none' })).toMatchObject({
      code: 'batch_not_found',
      message: expect.stringContaining('bat_none'),
    });
  });
});
