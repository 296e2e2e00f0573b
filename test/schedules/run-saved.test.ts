import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { planOf } from '../../src/runner/output/results.ts';
import { outputOf } from '../../src/schedules/output-place.ts';
import { nightly, type SchedulesWorld, startSchedulesWorld } from './schedules-world.ts';

let world: SchedulesWorld;
beforeEach(async () => {
  world = await startSchedulesWorld();
  await world.schedules.stop('nightly');
  await mkdir(join(world.folder, 'in'));
});
afterEach(() => world.close());

/** A schedule that runs a saved request over the files `in/*.csv`. */
const saved = (request: object = {}, more: object = {}) => {
  const { limit = { max_cost_usd: 1 }, ...action } = more as { limit?: object };
  return nightly({
    ...{ name: 'import', time_zone: 'UTC', ...limit },
    action: {
      ...{ type: 'run_batch', ...action },
      request: { csv_uri: join(world.folder, 'in/*.csv'), target: { name: 'tester' }, ...request },
    },
  });
};
/** The last part of an address in the requests of batches. */
const placesOf = (batches: { batch_id: string }[], field: 'csv_uri' | 'output_uri') =>
  Promise.all(
    batches.map(async ({ batch_id }) => {
      const batch = await world.store.readBatch(batch_id);
      return batch === undefined ? undefined : planOf(batch).request[field]?.split('/').at(-1);
    }),
  );
const run = async () => {
  const { state, batches, error } = await world.schedules.trigger('import');
  return { state, files: await placesOf(batches, 'csv_uri'), batches, error };
};

test('with new_files_only each file is read once, whatever its batch became', async () => {
  await world.schedules.add(saved({}, { new_files_only: true }));
  expect(await run()).toMatchObject({ state: 'succeeded', files: [] });
  await world.write('in/b.csv', 'q\n1\n');
  await world.write('in/a.csv', 'q\n1\n2\n');
  const first = await run();
  expect(first).toMatchObject({ state: 'succeeded', files: ['a.csv', 'b.csv'] });
  expect(first.batches.map(({ rows }) => rows)).toEqual([2, 1]);
  await world.runner.cancel(first.batches[0]?.batch_id ?? '');
  await world.write('in/b.csv', 'q\nchanged\n');
  expect((await run()).files).toEqual([]);
  await world.write('in/c.csv', 'q\n1\n');
  expect((await run()).files).toEqual(['c.csv']);
});

test('a run reads at most 100 new files, and the next one the others', async () => {
  for (let index = 0; index < 102; index += 1) await world.write(`in/${1000 + index}.csv`, 'q\n1\n');
  await world.schedules.add(saved({}, { new_files_only: true }));
  expect((await run()).files).toHaveLength(100);
  expect((await run()).files).toEqual(['1100.csv', '1101.csv']);
});

test('the cap of a request holds where it is below that of its schedule', async () => {
  await world.write('in/a.csv', 'q\n1\n');
  await world.schedules.add(saved({ options: { max_cost_usd: 0.25 } }));
  const { batches } = await run();
  expect((await world.runner.report(batches[0]?.batch_id ?? '')).options.max_cost_usd).toBe(0.25);
});

test('a schedule that is made anew reads all files, and another one its own', async () => {
  await world.write('in/a.csv', 'q\n1\n');
  await world.schedules.add(saved({}, { new_files_only: true }));
  expect((await run()).files).toEqual(['a.csv']);
  await world.schedules.remove('import');
  world.clock.now += 1_000;
  await world.schedules.add(saved({}, { new_files_only: true }));
  expect((await run()).files).toEqual(['a.csv']);
});

test('the files of a run share its cap', async () => {
  await world.write('in/a.csv', 'q\n1\n2\n3\n');
  await world.write('in/b.csv', 'q\n1\n');
  await world.schedules.add(saved({}, { new_files_only: true }));
  const { batches } = await run();
  const reports = await Promise.all(batches.map(({ batch_id }) => world.runner.report(batch_id)));
  const caps = reports.map(({ options }) => options.max_cost_usd ?? Number.NaN);
  expect(caps.reduce((sum, cap) => sum + cap, 0)).toBeCloseTo(1, 9);
  expect(caps).toHaveLength(2);
});

test('a file that can not be read is named and tried again, and the others are read', async () => {
  await world.write('in/a.csv', '');
  await world.write('in/b.csv', 'q\n1\n');
  await world.schedules.add(saved({}, { new_files_only: true }));
  const failed = await run();
  expect(failed).toMatchObject({ state: 'failed', files: ['b.csv'], error: { code: 'file_empty' } });
  expect(failed.error?.message).toMatch(/^a\.csv: /);
  await world.write('in/a.csv', 'q\n1\n');
  expect(await run()).toMatchObject({ state: 'succeeded', files: ['a.csv'] });
});

test('an accepted estimate holds for all files of a run together', async () => {
  await world.write('in/a.csv', 'q\n1\n');
  await world.schedules.add(saved({}, { new_files_only: true, limit: { accepted_usd: 0 } }));
  expect(await run()).toMatchObject({ state: 'failed', files: [], error: { code: 'confirmation_needed' } });
  await world.schedules.change('import', { accepted_usd: 1 });
  expect(await run()).toMatchObject({ state: 'succeeded', files: ['a.csv'] });
});

test('the output of each run is a place of its own', async () => {
  await world.write('in/a.csv', 'q\n1\n');
  await world.schedules.add(saved({ output_uri: join(world.folder, '{date}T{time}-{run}.jsonl') }));
  world.clock.now = Date.parse('2027-02-14T01:59:59Z');
  const first = await run();
  await world.runner.drive(first.batches[0]?.batch_id ?? '');
  const second = await run();
  const outputs = await placesOf([...first.batches, ...second.batches], 'output_uri');
  expect(outputs).toEqual(['2027-02-14T01-59-59-1.jsonl', '2027-02-14T01-59-59-2.jsonl']);
});

test('an output has the day and the time of its schedule, and the name of its file', () => {
  const at = Date.parse('2027-02-14T23:30:00Z');
  const place = (uri: string, timeZone: string) => outputOf(uri, { at, timeZone, run: 7, file: 'a/b.csv.gz' });
  expect(place('{date}/{time}-{run}.csv', 'Asia/Tokyo')).toBe('2027-02-15/08-30-00-7.csv');
  expect(place('{file}-{date}.csv', 'America/New_York')).toBe('a-b-2027-02-14.csv');
});

test.each([
  [{ output_uri: 'out.csv' }, {}, /is taken after the first run. Put one of \{date\}, \{time\}, \{run\} in it/],
  [{ output_uri: '{day}.csv' }, {}, /\{day\} is no placeholder/],
  [{ output_uri: '{file}.csv' }, {}, /\{file\} is no placeholder/],
  [{ output_uri: '{date}.csv' }, { new_files_only: true }, /one place for all files. Put \{file\} in it/],
])('a schedule with the output %j is refused', async (request, more, told) => {
  await expect(world.schedules.add(saved(request, more))).rejects.toMatchObject({
    ...{ code: 'invalid_arguments', message: expect.stringMatching(told) },
    faults: [{ place: 'action.request.output_uri' }],
  });
});

test.each([
  [{ output_uri: 'out.csv', options: { overwrite: true } }, {}],
  [{ output_uri: '-' }, {}],
  [{}, {}],
  [{ output_uri: 'out/{file}.csv' }, { new_files_only: true }],
])('a schedule with the output %j is taken', async (request, more) => {
  expect(await world.schedules.add(saved(request, more))).toMatchObject({ name: 'import' });
});
