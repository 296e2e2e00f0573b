import { afterEach, expect, test } from 'vitest';
import type { CollectRequest } from '../../../../src/runner/contract/request/collect.ts';
import { CALL_USD, startWorld, type World, type WorldOptions, words } from '../../world.ts';

let world: World;
afterEach(() => world.close());

async function collect(request: Partial<CollectRequest> = {}, options: WorldOptions = {}): Promise<string> {
  world = await startWorld(options);
  return (await world.runner.collect({ columns: ['q', 'note'], target: { name: 'tester' }, ...request })).report
    .batch_id;
}

const rowsOf = (count: number) => words(count).map((word) => [word]);

test('collects rows in portions, then runs each once and writes them in order', async () => {
  const id = await collect({ name: 'collected' });
  expect(await world.runner.report(id)).toMatchObject({
    status: 'collecting',
    name: 'collected',
    counts: { total: 0 },
  });
  expect(await world.runner.append(id, { rows: [['w0', 'x'], { note: 'y', q: 'w1' }] })).toMatchObject({ total: 2 });
  expect(await world.runner.append(id, { rows: [['w2']] })).toEqual({
    ...{ batch_id: id, first_row: 2, rows: 1, total: 3, repeated: false },
  });
  expect(await world.runner.lapsed()).toEqual([]);
  const { plan } = await world.runner.run(id);
  expect(plan).toMatchObject({ row_count: 3, problems: [] });
  expect(await world.runner.lapsed()).toEqual([id]);
  const report = await world.runner.drive(id);
  expect(report).toMatchObject({ status: 'completed', counts: { total: 3, succeeded: 3 } });
  expect(report.cost_usd).toBeCloseTo(3 * CALL_USD, 12);
  const lines = (await world.read(`${id}.csv`)).trimEnd().split('\n');
  expect(lines[0]).toBe('q,note,answer,_status,_processing_time,_error');
  expect(lines.slice(1).map((line) => line.split(',').slice(0, 4).join())).toEqual([
    ...['w0,x,w0!,SUCCESS', 'w1,y,w1!,SUCCESS', 'w2,,w2!,SUCCESS'],
  ]);
});

test('appends rows once for a key, also when the batch has been started, and refuses other rows under it', async () => {
  const id = await collect();
  const first = await world.runner.append(id, { rows: rowsOf(3), idempotency_key: 'a' });
  expect(await world.runner.append(id, { rows: rowsOf(3), idempotency_key: 'a' })).toEqual({
    ...first,
    repeated: true,
  });
  await expect(world.runner.append(id, { rows: rowsOf(2), idempotency_key: 'a' })).rejects.toMatchObject({
    code: 'invalid_arguments',
    message: expect.stringContaining('"a" belongs to other rows'),
  });
  await world.runner.run(id);
  expect(await world.runner.append(id, { rows: rowsOf(3), idempotency_key: 'a' })).toMatchObject({
    repeated: true,
    total: 3,
  });
  await expect(world.runner.append(id, { rows: rowsOf(1) })).rejects.toMatchObject({ code: 'batch_state_invalid' });
  expect((await world.runner.drive(id)).counts.total).toBe(3);
});

test('refuses a run whose rows changed after they were checked', async () => {
  const id = await collect();
  await world.runner.append(id, { rows: rowsOf(2) });
  const append = async () => void (await world.runner.append(id, { rows: rowsOf(1) }));
  await expect(world.runner.run(id, {}, append)).rejects.toMatchObject({
    code: 'batch_state_invalid',
    retryable: true,
  });
  expect((await world.runner.report(id)).status).toBe('collecting');
});

test('stays collecting when the approval of its plan is refused', async () => {
  const id = await collect();
  await world.runner.append(id, { rows: rowsOf(2) });
  const refuse = async () => Promise.reject(new Error('no'));
  await expect(world.runner.run(id, {}, refuse)).rejects.toThrow('no');
  expect((await world.runner.report(id)).status).toBe('collecting');
});

test('names bad columns, bad rows and too many rows before anything is stored', async () => {
  const id = await collect();
  const append = (rows: unknown) => world.runner.append(id, { rows } as never);
  await expect(append([['a', 'b', 'c']])).rejects.toThrow('rows[0] has 3 cells, and the batch 2 columns.');
  await expect(append([['a'], { qq: 'b' }])).rejects.toThrow(
    'rows[1] names the column "qq", which the batch does not have; did you mean "q"?',
  );
  await expect(append([])).rejects.toThrow('has no rows');
  await expect(append(rowsOf(10_001))).rejects.toThrow('more than 10000 rows');
  expect((await world.runner.report(id)).counts.total).toBe(0);
  await expect(world.runner.run(id)).rejects.toMatchObject({ code: 'no_rows' });
  await expect(world.runner.collect({ columns: ['address'], target: { name: 'tester' } })).rejects.toMatchObject({
    code: 'mapping_invalid',
  });
  await expect(world.runner.collect({ columns: ['q'], target: { name: 'nobody' } })).rejects.toMatchObject({
    code: 'agent_not_found',
  });
  expect(await world.runner.list({ limit: 9 })).toHaveLength(1);
});

test('never clears or loads its rows again, when it is paused before it was ready and resumed', async () => {
  const called: string[] = [];
  const id = await collect({}, { intercept: (method) => void called.push(method) });
  await world.runner.append(id, { rows: rowsOf(3) });
  await world.runner.run(id);
  await world.runner.pause(id);
  expect((await world.runner.resume(id)).status).toBe('validating');
  expect(await world.runner.drive(id)).toMatchObject({ status: 'completed', counts: { succeeded: 3 } });
  expect(called).toContain('claimRows');
  expect(called).not.toContain('clearRows');
});

test('is cancelled while it collects', async () => {
  const id = await collect();
  await world.runner.append(id, { rows: rowsOf(2) });
  expect(await world.runner.cancel(id)).toMatchObject({ status: 'cancelled', ended_at: expect.any(String) });
  await expect(world.runner.append(id, { rows: rowsOf(1) })).rejects.toMatchObject({ code: 'batch_state_invalid' });
  await world.runner.remove(id);
});

test('runs a random sample of its rows first', async () => {
  const id = await collect();
  await world.runner.append(id, { rows: rowsOf(40) });
  await world.runner.run(id, { options: { sample: 4, random: true } });
  expect(await world.runner.drive(id)).toMatchObject({
    status: 'paused',
    pause_reason: 'sample',
    counts: { succeeded: 4 },
  });
  expect(world.sent.map((row) => row['q'])).not.toEqual(words(4));
  await world.runner.resume(id);
  expect(await world.runner.drive(id)).toMatchObject({ status: 'completed', counts: { succeeded: 40 } });
});

test('an idempotency key gives the first batch, and refuses other arguments', async () => {
  const request = { columns: ['q', 'note'], target: { name: 'tester' }, options: { idempotency_key: 'k' } };
  const id = await collect(request);
  expect(await world.runner.collect(request)).toMatchObject({ started: false, report: { batch_id: id } });
  await expect(world.runner.collect({ ...request, columns: ['q'] })).rejects.toMatchObject({
    code: 'invalid_arguments',
  });
});
