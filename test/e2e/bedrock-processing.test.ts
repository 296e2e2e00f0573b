import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parquetReadObjects } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterEach, describe, expect, it } from 'vitest';
import { ADDED, type JobSite, MODEL, openJobSite, reviews } from './bedrock-job-site.ts';

let job: JobSite | undefined;
afterEach(async () => {
  await job?.close();
  job = undefined;
});

async function open(...given: Parameters<typeof openJobSite>): Promise<JobSite> {
  job = await openJobSite(...given);
  return job;
}

const parquet = (count: number) => {
  const review = Array.from({ length: count }, (_, row) => (row === 3 ? 'bad' : 'fine'));
  const columnData = [
    { name: 'id', data: review.map((_, row) => row), type: 'INT32' as const },
    { name: 'review', data: review },
  ];
  return new Uint8Array(parquetWriteBuffer({ columnData }));
};

async function readParquet(path: string): Promise<Record<string, unknown>[]> {
  const bytes = await readFile(path);
  return parquetReadObjects({ file: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) });
}

const firstCells = (table: string) =>
  table
    .trim()
    .split('\n')
    .map((line) => line.split(/[,\t]/)[0]);

describe('rowmill bedrock-processing', () => {
  it('runs the splits of a training job: CSV, TSV and Parquet, with a column for each field and what came of it', async () => {
    const { site, server, base, put, read, args } = await open({
      BEDROCK_BATCH_THRESHOLD: '100',
      BEDROCK_MAX_RETRIES: '1',
      BEDROCK_EXIT_ON_ERRORS: 'true',
    });
    await put('data/train/reviews.csv', reviews(140, ','));
    await put('data/val/reviews.tsv', reviews(5, '\t'));
    await put('data/test/reviews.parquet', parquet(4));
    const run = site.rowmill(...args('training', '--batch-size', '10', '--json'));
    const { code, json } = await run.ended;
    expect([code, run.stderr()]).toEqual([3, '']);
    expect(json).toMatchObject({
      job_type: 'training',
      total_records: 149,
      successful_records: 146,
      failed_records: 3,
      validation_passed_records: 146,
      overall_success_rate: 146 / 149,
      overall_validation_rate: 146 / 149,
      batch_processing_used: true,
      batch_job_info: [{ split_name: 'train', status: 'done', requests: 139 }],
      fallback_share: expect.closeTo(1 / 140, 5),
      total_files: 3,
      files_processed: [
        { filename: 'reviews.csv', records: 140, successful: 139, failed: 1, batch_processing_used: true },
        { filename: 'reviews.tsv', records: 5, successful: 4, success_rate: 0.8, validation_rate: 0.8 },
        { filename: 'reviews.parquet', records: 4, validation_passed: 3, batch_processing_used: false },
      ],
      model_info: { profile_id: MODEL, method: 'profile_id' },
      effective_model_id: MODEL,
      template_integration: { system_prompt_loaded: true, validation_schema_loaded: true },
      processing_timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      truncation_stats: { truncation_enabled: true, truncated_records: 0, truncated_fields: {} },
      splits_processed: [
        { split_name: 'train', total_records: 140, batch_processing_used: true },
        { split_name: 'val', total_records: 5, successful_records: 4, success_rate: 0.8, batch_processing_used: false },
        { split_name: 'test', total_records: 4 },
      ],
    });
    const path = String(json?.['summary_path']);
    expect(path).toMatch(/output\/summary\/processing_summary_training_\d{8}_\d{6}\.json$/);
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ total_records: 149 });

    const train = (await read('data/train/train_processed_data.csv')).split('\n');
    expect(train[0]).toBe(['id', 'review', 'shop', ...ADDED].join(','));
    expect(train[1]).toBe('0,fine 0,s,4,tools,success,,true,success');
    expect(train[4]).toMatch(/^3,bad 3,s,,,error,"?output_invalid: .*,false,validation_failed$/);
    const val = (await read('data/val/val_processed_data.tsv')).split('\n');
    expect(val[0]).toBe(['id', 'review', 'shop', ...ADDED].join('\t'));
    const rows = await readParquet(join(base, 'output/data/test/test_processed_data.parquet'));
    expect(Object.keys(rows[0] ?? {})).toEqual(['id', 'review', ...ADDED]);
    expect(rows.map(({ llm_stars, llm_validation_passed: passed }) => [Number(llm_stars), passed])).toEqual([
      ...[0, 1, 2].map(() => [4, true]),
      [0, false],
    ]);
    expect(server.jobs.map(({ items }) => items.length)).toEqual([139]);
    // Older models alone take sampling.
    expect(JSON.stringify(server.jobs[0]?.items[0]?.request)).not.toContain('temperature');
  }, 60_000);

  it('runs other jobs on the files themselves, leaves out errors where that is wished, and cuts long fields', async () => {
    const { site, base, put, read, args } = await open({
      BEDROCK_SKIP_ERROR_RECORDS: 'True',
      BEDROCK_MAX_INPUT_FIELD_LENGTH: '50',
      BEDROCK_OUTPUT_COLUMN_PREFIX: 'ai_',
      BEDROCK_MAX_RETRIES: '0',
    });
    await put('data/reviews.csv.gz', gzipSync(`id,review\n1,fine ${'x'.repeat(90)}\n2,bad\n3,fine\n`));
    await put('data/notes.docx', 'x');
    await put('data/_SUCCESS', '');
    const run = site.rowmill(...args('testing'));
    expect((await run.ended).code).toBe(0);
    expect(run.stderr()).toContain('testing has no column for shop');
    expect(run.stderr()).toContain('notes.docx left out');
    expect(run.stderr()).not.toContain('_SUCCESS');
    expect(run.stderr()).toMatch(/mapping +review ← review\n +shop ← ""/);
    expect(run.stderr()).toContain('fields were cut to 50 characters in 1 record (review 1)');
    const table = await read('data/testing_processed_data.csv.gz');
    expect(firstCells(table)).toEqual(['id', '1', '3']);
    expect(table.split('\n')[0]).toBe(['id', 'review', ...ADDED.map((name) => name.replace('llm_', 'ai_'))].join(','));
    const [summary] = await readdir(join(base, 'output/summary'));
    const written = JSON.parse(await read(`summary/${summary}`)) as object;
    const truncated = { total_truncations: 1, truncated_records: 1, truncated_fields: { review: 1 } };
    expect(written).toMatchObject({ truncation_stats: truncated, failed_records: 1, batch_job_info: null });
  }, 60_000);

  it('gives a folder of several formats back in each of them, files of one format as one table', async () => {
    const { site, base, put, read, args } = await open({ BEDROCK_BATCH_MODE: 'realtime', BEDROCK_MAX_RETRIES: '0' });
    await put('data/a.csv', 'id,review,shop\n1,fine,s\n');
    await put('data/b.csv', 'id,shop,review\n2,s,fine\n');
    await put('data/c.tsv', 'id\treview\tshop\n3\tfine\ts\n');
    await put('data/d.csv.gz', gzipSync('id,review,shop\n4,fine,s\n'));
    await put('data/e.parquet', parquet(2));
    const { code, json } = await site.rowmill(...args('calibration', '--json')).ended;
    expect([code, json?.['total_records'], json?.['total_files']]).toEqual([0, 6, 5]);
    expect(json?.['files_processed']).toMatchObject(
      ['a.csv', 'b.csv', 'c.tsv', 'd.csv.gz', 'e.parquet'].map((filename) => ({
        filename,
        records: filename === 'e.parquet' ? 2 : 1,
        success_rate: 1,
      })),
    );
    expect((await readdir(join(base, 'output/data'))).toSorted()).toEqual(
      ['csv', 'csv.gz', 'parquet', 'tsv'].map((format) => `calibration_processed_data.${format}`),
    );
    expect(firstCells(await read('data/calibration_processed_data.csv'))).toEqual(['id', '1', '2']);
    expect(firstCells(await read('data/calibration_processed_data.tsv'))).toEqual(['id', '3']);
    expect(firstCells(await read('data/calibration_processed_data.csv.gz'))).toEqual(['id', '4']);
    expect(await readParquet(join(base, 'output/data/calibration_processed_data.parquet'))).toHaveLength(2);
  }, 60_000);

  it('takes documents as their makers write them: without a type, with more in them, with placeholders unsaid', async () => {
    const { site, server, put, read, args } = await open({}, () => '{"stars": 2, "topic": null, "more": 1}');
    await put('templates/prompts.json', {
      system_prompt: 'You get {review} and judge it.',
      user_prompt_template: 'Review: {review}',
      made_by: 'somebody',
    });
    await put('schema/validation_schema_20250101.json', {
      $schema: 'http://json-schema.org/draft-07/schema#',
      properties: { stars: { type: 'integer' }, topic: { type: 'string', enum: ['a', 'b'] } },
      required: ['stars'],
      processing_config: { response_model_name: 'Answer' },
    });
    await put('data/reviews.csv', 'review\nfine\n');
    const run = site.rowmill(...args('validation'));
    expect((await run.ended).code).toBe(0);
    expect(run.stderr()).toContain('system_prompt holds review; placeholders are not replaced there.');
    expect(await read('data/validation_processed_data.csv')).toContain('\nfine,2,,success,,true,success\n');
    const [request] = server.realtime;
    expect(JSON.stringify(request?.system)).toContain('You get {review} and judge it.');
    expect(JSON.stringify(request)).not.toContain('processing_config');
  }, 60_000);

  it('names every variable at fault, and every file that is missing, before anything is spent', async () => {
    const { site, asked, args } = await open({
      BEDROCK_PRIMARY_MODEL_ID: '',
      BEDROCK_MAX_TOKENS: 'many',
      BEDROCK_TEMPERATURE: 'warm',
      BEDROCK_BATCH_MODE: 'batch',
      BEDROCK_BATCH_ROLE_ARN: '',
      BEDROCK_BATCH_INPUT_S3_PATH: 'bucket/in',
    });
    const wrong = await site.json(...args('testing'));
    expect(wrong['error']).toMatchObject({ code: 'config_invalid' });
    const { message } = wrong['error'] as { message: string };
    expect(message).toContain('BEDROCK_PRIMARY_MODEL_ID is not set');
    expect(message).toContain('BEDROCK_MAX_TOKENS must be a whole number from 1 on');
    expect(message).toContain('BEDROCK_TEMPERATURE must be a number from 0 to 1');
    expect(message).toContain('BEDROCK_BATCH_INPUT_S3_PATH must be a folder');
    expect(message).toContain('BEDROCK_BATCH_MODE is batch, which needs BEDROCK_BATCH_ROLE_ARN');
    const set = {
      BEDROCK_PRIMARY_MODEL_ID: MODEL,
      BEDROCK_MAX_TOKENS: '10',
      BEDROCK_TEMPERATURE: '0.5',
      BEDROCK_BATCH_MODE: 'auto',
      BEDROCK_BATCH_INPUT_S3_PATH: '',
    };
    const run = await site.rowmillWith(set, ...args('testing', '--json')).ended;
    expect(run.code).toBe(2);
    expect(run.json?.['error']).toMatchObject({
      code: 'file_not_found',
      message: expect.stringContaining('input/data'),
    });
    expect(asked()).toEqual([]);
  }, 60_000);

  it('tells the faults of all splits before the first is begun', async () => {
    const { site, asked, put, args } = await open();
    await put('data/train/a.csv', 'id,review,shop\n1,fine,s\n');
    await put('data/train/b.csv', '');
    await put('data/val/reviews.csv', 'id,review,shop\n1,fine,s\n');
    await put('data/test/reviews.parquet', 'no Parquet');
    const { code, json } = await site.rowmill(...args('training', '--json')).ended;
    expect([code, json]).toMatchObject([
      2,
      { error: { message: expect.stringMatching(/train: .*b\.csv.*\ntest: .*reviews\.parquet/s) } },
    ]);
    expect(asked()).toEqual([]);
  }, 60_000);

  it('processes files of different columns each by itself, and an empty split to an empty table', async () => {
    const { site, base, put, read, args } = await open();
    await put('data/train/a.csv', 'id,review,shop\n1,fine,s\n');
    await put('data/train/b.csv', 'id,review,year\n2,fine,2024\n3,fine,2025\n');
    await put('data/val/reviews.csv', 'id,review,shop\n');
    await put('data/test/_SUCCESS', '');
    const run = site.rowmill(...args('training', '--json'));
    const { code, json } = await run.ended;
    expect([code, json]).toMatchObject([
      0,
      {
        total_files: 3,
        total_records: 3,
        splits_processed: [
          { split_name: 'train', total_files: 1, total_records: 1 },
          { split_name: 'train', total_files: 1, total_records: 2 },
          { split_name: 'val', total_files: 1, total_records: 0, success_rate: 0 },
          { split_name: 'test', total_files: 0, total_records: 0, files_processed: [] },
        ],
      },
    ]);
    expect((await readdir(join(base, 'output/data/train'))).toSorted()).toEqual([
      'a_processed_data.csv',
      'b_processed_data.csv',
    ]);
    expect(firstCells(await read('data/train/b_processed_data.csv'))).toEqual(['id', '2', '3']);
    expect(await read('data/val/val_processed_data.csv')).toBe(`${['id', 'review', 'shop', ...ADDED].join(',')}\n`);
    expect(await readdir(join(base, 'output/data/test'))).toEqual([]);
  }, 60_000);

  it('shows the schema where the templates do not name every field, or as the variable says', async () => {
    const { site, server, put, args } = await open();
    await put('data/reviews.csv', 'review,shop\nfine,s\n');
    const systems: string[] = [];
    for (const [prompt, variable] of [
      ['{review}: give stars', ''],
      ['{review}: give stars and topic', ''],
      ['{review}: give stars and topic', 'true'],
      ['{review}: give stars', 'false'],
    ] as const) {
      await put('templates/prompts.json', { system_prompt: 'You judge.', user_prompt_template: prompt });
      const before = server.realtime.length;
      expect((await site.rowmillWith({ BEDROCK_SCHEMA_IN_PROMPT: variable }, ...args('testing')).ended).code).toBe(0);
      systems.push(JSON.stringify(server.realtime[before]?.system));
    }
    expect(systems.map((text) => text.includes('JSON Schema'))).toEqual([true, false, true, false]);
    expect(systems[1]).toContain('You judge.');
  }, 60_000);

  it('asks for no more tokens than the model writes, and says so', async () => {
    const { site, server, put, args } = await open({
      BEDROCK_PRIMARY_MODEL_ID: 'anthropic.claude-3-haiku-20240307-v1:0',
    });
    await put('data/reviews.csv', 'review,shop\nfine,s\n');
    const run = site.rowmill(...args('testing'));
    expect((await run.ended).code).toBe(0);
    expect(run.stderr()).toContain('BEDROCK_MAX_TOKENS is lowered from 32768 to 4096.');
    expect(server.realtime[0]?.max_tokens).toBe(4096);
  }, 60_000);

  it('is not started above a limit that its environment sets, unless somebody agrees', async () => {
    const { site, asked, put, args } = await open({ ROWMILL_CONFIRM_ABOVE_USD: '0' });
    await put('data/reviews.csv', 'review,shop\nfine,s\n');
    const refused = await site.rowmill(...args('testing', '--json')).ended;
    expect([refused.code, refused.json?.['error']]).toMatchObject([2, { code: 'confirmation_needed' }]);
    expect(asked()).toEqual([]);
    expect((await site.rowmill(...args('testing', '--json', '--yes')).ended).code).toBe(0);
  }, 60_000);
});
