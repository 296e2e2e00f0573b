import { afterEach, expect, test } from 'vitest';
import { AppError } from '../../../src/base/errors.ts';
import { echo, startWorld, table, type World, words } from '../world.ts';

let world: World;
afterEach(() => world.close());

/** A batch of ten rows, of which the odd ones failed. */
async function ended(): Promise<string> {
  let isMended = false;
  world = await startWorld({
    respond: (row, context) => {
      const isOdd = Number(String(row['q']).slice(1)) % 2 === 1;
      if (isOdd && !isMended) throw new AppError(row['q'] === 'w1' ? 'refused' : 'context_too_long', 'No.');
      return echo(row, context);
    },
  });
  await world.write('table.csv', table(words(10)));
  const id = await world.start();
  expect(await world.runner.drive(id)).toMatchObject({ counts: { succeeded: 5, failed: 5 } });
  isMended = true;
  return id;
}

test('a retry runs the failed rows that it names, and no others', async () => {
  const id = await ended();
  expect(await world.runner.planRetry(id, { rows: [1, 7, 7] })).toMatchObject({ rows: 2 });
  await world.runner.retry(id, { rows: [1, 7, 7], expected_rows: 2 });
  expect(await world.runner.drive(id)).toMatchObject({ status: 'completed', counts: { succeeded: 7, failed: 3 } });
  expect(world.sent.slice(10).map(({ q }) => q)).toEqual(['w1', 'w7']);
});

test('a retry of another number of rows than expected is refused, and nothing is changed', async () => {
  const id = await ended();
  const found = expect.objectContaining({ place: 'body.expected_rows', message: '5 rows would run again, not 4.' });
  await expect(world.runner.retry(id, { status: 'failed', expected_rows: 4 })).rejects.toMatchObject({
    ...{ code: 'batch_state_invalid', faults: [found] },
  });
  expect(await world.runner.report(id)).toMatchObject({ status: 'completed', counts: { failed: 5 } });
});

test('a retry of a status runs only rows of it', async () => {
  const id = await ended();
  await expect(world.runner.retry(id, { status: 'queued' })).rejects.toThrow('has no rows to run again');
  await world.runner.retry(id, { status: 'failed' });
  await world.runner.cancel(id);
  const cancelled = await world.runner.drive(id);
  expect(cancelled).toMatchObject({ status: 'cancelled', counts: { queued: 5 } });
  await expect(world.runner.retry(id, { status: 'failed' })).rejects.toThrow('5 rows that were not run');
  await world.runner.retry(id, { status: 'queued', expected_rows: 5 });
  expect(await world.runner.drive(id)).toMatchObject({ counts: { succeeded: 10 } });
});

test('a retry says which of its rows can not be run, and takes one way to choose them', async () => {
  const id = await ended();
  await expect(world.runner.planRetry(id, { rows: [1, 2] })).rejects.toThrow('row 2 of');
  await expect(world.runner.planRetry(id, { rows: [1, 99] })).rejects.toMatchObject({ code: 'not_found' });
  await expect(world.runner.planRetry(id, { rows: [1], codes: ['refused'] })).rejects.toThrow('either rows or codes');
  await expect(world.runner.planRetry(id, { rows: [1], status: 'failed' })).rejects.toThrow('either rows or status');
});
