import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { type JobSite, openJobSite, reviews } from './bedrock-job-site.ts';
import { type RowmillProcess, until } from './rowmill-process.ts';

let job: JobSite | undefined;
afterEach(async () => {
  await job?.close();
  job = undefined;
});

const table = (split: string) => `review,shop\n${[1, 2, 3, 4].map((row) => `${split}${row}.,s\n`).join('')}`;

/** How often each record was asked about. */
const timesAsked = (asked: readonly string[]) =>
  Map.groupBy(asked, (said) => /Review: (\w+)\./.exec(said)?.[1] ?? '?').entries();

it('goes on where a killed job was, split by split, and starts anew once it is done', async () => {
  let running: RowmillProcess | undefined;
  const site = await openJobSite({ BEDROCK_CONCURRENCY_MODE: 'sequential' }, (said) => {
    if (said.includes('val3') && running !== undefined) process.kill(running.pid, 'SIGKILL');
    return '{"stars": 1}';
  });
  job = site;
  await site.put('data/train/reviews.csv', table('train'));
  await site.put('data/val/reviews.csv', table('val'));
  await site.put('data/test/reviews.csv', table('test'));
  running = site.site.rowmill(...site.args('training'));
  expect((await running.ended).signal).toBe('SIGKILL');
  running = undefined;
  expect(await readdir(join(site.base, 'output'))).toEqual(['data']);

  const again = await site.site.rowmill(...site.args('training', '--json')).ended;
  expect(again.code).toBe(0);
  expect(again.json).toMatchObject({ total_records: 12, successful_records: 12 });
  const counts = new Map([...timesAsked(site.asked())].map(([record, times]) => [record, times.length]));
  // The call that was in flight is sent again; nothing else is.
  const once = ['train', 'val', 'test'].flatMap((split) =>
    [1, 2, 3, 4].map((row): [string, number] => [`${split}${row}`, 1]),
  );
  expect(counts).toEqual(new Map(once).set('val3', 2));

  const anew = await site.site.rowmill(...site.args('training', '--json')).ended;
  expect(anew.json).toMatchObject({ total_records: 12, successful_records: 12 });
  expect(site.asked()).toHaveLength(13 + 12);
}, 60_000);

it('goes on where Ctrl-C paused it, with a table and a summary of what was done until then', async () => {
  let running: RowmillProcess | undefined;
  const site = await openJobSite({ BEDROCK_CONCURRENCY_MODE: 'sequential' }, (said) => {
    if (said.includes('train2') && running !== undefined) process.kill(running.pid, 'SIGINT');
    return '{"stars": 1}';
  });
  job = site;
  await site.put('data/train/reviews.csv', table('train'));
  await site.put('data/val/reviews.csv', table('val'));
  running = site.site.rowmill(...site.args('training'));
  expect((await running.ended).code).toBe(130);
  expect(running.stderr()).toContain('run the same command again to continue it');
  running = undefined;
  const [name = ''] = await readdir(join(site.base, 'output/summary'));
  const summary = JSON.parse(await site.read(`summary/${name}`)) as { successful_records: number };
  expect(summary).toMatchObject({ splits_processed: [{ status: 'paused' }], splits_not_started: ['val'] });
  const before = await site.read('data/train/train_processed_data.csv');
  expect(before.trim().split('\n')).toHaveLength(5);
  expect(before.match(/,success,/g) ?? []).toHaveLength(summary.successful_records);
  const asked = site.asked().length;
  expect(asked).toBeLessThan(5);
  const again = await site.site.rowmill(...site.args('training', '--json')).ended;
  expect([again.code, again.json?.['successful_records']]).toEqual([0, 8]);
  expect(site.asked()).toHaveLength(8);
  const anew = await readdir(join(site.base, 'output/summary'));
  expect(anew.length).toBeGreaterThan(0);
  expect(JSON.parse(await site.read(`summary/${anew.toSorted().at(-1)}`))).toMatchObject({
    splits_processed: [{ status: 'completed' }, { status: 'completed' }],
  });
}, 60_000);

it('takes up the batch inference job that a killed one has created', async () => {
  const site = await openJobSite({ BEDROCK_BATCH_THRESHOLD: '100', BEDROCK_MAX_RETRIES: '0' });
  job = site;
  await site.put('data/train/reviews.csv', reviews(140, ','));
  const running = site.site.rowmill(...site.args('training'));
  await until(() => site.server.jobs.length > 0, 'a job', { by: running });
  running.child.kill('SIGKILL');
  await running.ended;
  const again = await site.site.rowmill(...site.args('training', '--json')).ended;
  expect(again.json).toMatchObject({ successful_records: 139, batch_job_info: [{ status: 'done', requests: 139 }] });
  expect(site.server.jobs).toHaveLength(1);
}, 60_000);

it('goes on once the cause of a pause is mended', async () => {
  const site = await openJobSite();
  job = site;
  await site.put('data/reviews.csv', table('a'));
  const without = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_EC2_METADATA_DISABLED: 'true' };
  const paused = site.site.rowmillWith(without, ...site.args('testing'));
  expect((await paused.ended).code).toBe(4);
  expect(paused.stderr()).toContain('run the same command again to continue it');
  const again = await site.site.rowmill(...site.args('testing', '--json')).ended;
  expect([again.code, again.json?.['successful_records']]).toEqual([0, 4]);
}, 60_000);

it('pauses for 25 unusable answers once, with its table and summary, and reaches the good records when run again', async () => {
  const site = await openJobSite({ BEDROCK_MAX_RETRIES: '0' });
  job = site;
  const records = [...words('bad', 25), ...words('good', 15)];
  await site.put('data/reviews.csv', `review,shop\n${records.map((review) => `${review},s\n`).join('')}`);
  const paused = site.site.rowmill(...site.args('testing'));
  expect((await paused.ended).code).toBe(4);
  expect(paused.stderr()).toContain('The job is not finished');
  const [name = ''] = await readdir(join(site.base, 'output/summary'));
  const before = JSON.parse(await site.read(`summary/${name}`)) as { failed_records: number };
  expect(before).toMatchObject({ total_records: 40, successful_records: 0, splits_processed: [{ status: 'paused' }] });
  expect(before.failed_records).toBeGreaterThanOrEqual(20);

  const again = await site.site.rowmill(...site.args('testing', '--json')).ended;
  expect(again.json).toMatchObject({ total_records: 40, successful_records: 15, failed_records: 25 });
  const times = new Map([...timesAsked(site.asked())].map(([record, asked]) => [record, asked.length]));
  expect(times).toEqual(new Map(records.map((review) => [review.replace('.', ''), 1])));
}, 60_000);

function words(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, row) => `${name}${row}.`);
}
