import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { parquetReadObjects } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterEach, describe, expect, it } from 'vitest';
import type { WireRequest } from '../support/messages-wire.ts';
import { bedrockBatchFormat } from '../support/providers/batch-bedrock.ts';
import { type BatchServer, startBatchServer } from '../support/providers/batch-server.ts';
import { bedrockFormat } from '../support/providers/bedrock-format.ts';
import { startTestS3 } from '../support/s3.ts';
import { createSite, type Report, type Site } from './rowmill-process.ts';

const MODEL = 'us.anthropic.claude-haiku-5-5-v1:0';
const opened: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const part of opened.splice(0).toReversed()) await part.close();
});

const ADDED = ['llm_stars', 'llm_topic', 'llm_validation_passed', 'llm_parse_status', 'llm_status', 'llm_error'];
const textOf = ({ messages }: WireRequest) => JSON.stringify(messages[0]?.content);

/** A folder as a processing job finds it, and a Bedrock that judges reviews: `bad` ones never as it should. */
async function open(
  variables: Record<string, string> = {},
): Promise<{ site: Site; server: BatchServer; base: string }> {
  const s3 = await startTestS3();
  const server = await startBatchServer({
    lastsMs: 100,
    polls: Number.POSITIVE_INFINITY,
    realtime: bedrockFormat,
    createFormat: (jobs) => bedrockBatchFormat(jobs, s3),
    respond: (request) => {
      const said = textOf(request);
      const answer = said.includes('bad') ? '{"stars": "many"}' : '```json\n{"stars": 4, "topic": "tools"}\n```';
      return { content: [{ type: 'text', text: answer }], usage: { input_tokens: 10, output_tokens: 5 } };
    },
  });
  const site = await createSite('agents: []\n', {
    AWS_ACCESS_KEY_ID: 'AKTEST',
    AWS_SECRET_ACCESS_KEY: 'SKTEST',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ENDPOINT_URL_BEDROCK: server.url,
    AWS_ENDPOINT_URL_BEDROCK_RUNTIME: server.url,
    AWS_ENDPOINT_URL_S3: String(s3.options.endpoint),
    BEDROCK_PRIMARY_MODEL_ID: MODEL,
    BEDROCK_BATCH_ROLE_ARN: 'arn:aws:iam::123456789012:role/batch',
    BEDROCK_BATCH_INPUT_S3_PATH: `s3://${s3.bucket}/in/`,
    BEDROCK_BATCH_OUTPUT_S3_PATH: `s3://${s3.bucket}/out/`,
    ROWMILL_BATCH_POLL_SECONDS: '0.05',
    USE_SECURE_PYPI: 'true',
    ...variables,
  });
  opened.push(s3, server, site);
  const base = join(site.folder, 'processing');
  await mkdir(join(base, 'input', 'templates'), { recursive: true });
  await mkdir(join(base, 'input', 'schema'), { recursive: true });
  await writeFile(
    join(base, 'input', 'templates', 'prompts.json'),
    JSON.stringify({
      system_prompt: 'You judge reviews.',
      user_prompt_template: 'Review: {review}\nShop: {shop}\nAnswer as {"stars": 1}.',
      input_placeholders: ['review', 'shop'],
    }),
  );
  const schema = {
    type: 'object',
    properties: { stars: { type: 'integer' }, topic: { type: 'string' } },
    required: ['stars'],
  };
  await writeFile(join(base, 'input', 'schema', 'validation_schema_v1.json'), JSON.stringify(schema));
  return { site, server, base };
}

async function put(base: string, path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(join(base, 'input', 'data', path, '..'), { recursive: true });
  await writeFile(join(base, 'input', 'data', path), content);
}

const reviews = (count: number, separator: string) =>
  ['id,review,shop', ...Array.from({ length: count }, (_, row) => `${row},${row === 3 ? 'bad' : 'fine'} ${row},s`)]
    .join('\n')
    .replaceAll(',', separator);

interface Summary extends Report {
  summary_path: string;
}

describe('rowmill bedrock-processing', () => {
  it('runs the splits of a training job: CSV, TSV and Parquet, with a column for each field and what came of it', async () => {
    const { site, server, base } = await open({ BEDROCK_BATCH_THRESHOLD: '100', BEDROCK_MAX_RETRIES: '1' });
    await put(base, 'train/reviews.csv', reviews(140, ','));
    await put(base, 'val/reviews.tsv', reviews(5, '\t'));
    const columns = [
      { name: 'id', data: [0, 1, 2, 3], type: 'INT32' as const },
      { name: 'review', data: ['fine', 'fine', 'fine', 'bad'] },
    ];
    await put(base, 'test/reviews.parquet', new Uint8Array(parquetWriteBuffer({ columnData: columns })));
    const run = site.rowmill(
      'bedrock-processing',
      '--job_type',
      'training',
      '--base',
      base,
      '--batch-size',
      '10',
      '--json',
    );
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
      batch_job_info: [{ split: 'train', status: 'done', requests: 139 }],
      truncation_stats: { enabled: true, truncated_records: 0 },
      splits_processed: [{ split: 'train' }, { split: 'val' }, { split: 'test' }],
    });
    const { summary_path: path } = json as unknown as Summary;
    expect(path).toMatch(/output\/summary\/processing_summary_training_\d{8}_\d{6}\.json$/);
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ total_records: 149 });

    const train = (await readFile(join(base, 'output/data/train/train_processed_data.csv'), 'utf8')).split('\n');
    expect(train[0]).toBe(['id', 'review', 'shop', ...ADDED].join(','));
    expect(train[1]).toBe('0,fine 0,s,4,tools,true,success,SUCCESS,');
    expect(train[4]).toMatch(/^3,bad 3,s,,,false,validation_failed,FAILED,"?output_invalid: /);
    const val = (await readFile(join(base, 'output/data/val/val_processed_data.tsv'), 'utf8')).split('\n');
    expect(val[0]).toBe(['id', 'review', 'shop', ...ADDED].join('\t'));
    const bytes = await readFile(join(base, 'output/data/test/test_processed_data.parquet'));
    const rows = await parquetReadObjects({
      file: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
    });
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
    const { site, base } = await open({
      BEDROCK_SKIP_ERROR_RECORDS: 'true',
      BEDROCK_MAX_INPUT_FIELD_LENGTH: '50',
      BEDROCK_OUTPUT_COLUMN_PREFIX: 'ai_',
      BEDROCK_MAX_RETRIES: '0',
    });
    await put(base, 'reviews.csv.gz', gzipSync(`id,review\n1,fine ${'x'.repeat(90)}\n2,bad\n3,fine\n`));
    const run = site.rowmill('bedrock-processing', '--job_type', 'testing', '--base', base);
    const { code } = await run.ended;
    expect(code).toBe(3);
    expect(run.stderr()).toContain('testing has no column for shop');
    expect(run.stderr()).toContain('fields were cut to 50 characters in 1 records');
    const table = gunzipSync(await readFile(join(base, 'output/data/testing_processed_data.csv.gz'))).toString('utf8');
    expect(
      table
        .trim()
        .split('\n')
        .map((line) => line.split(',')[0]),
    ).toEqual(['id', '1', '3']);
    expect(table.split('\n')[0]).toBe(['id', 'review', ...ADDED.map((name) => name.replace('llm_', 'ai_'))].join(','));
    const [summary] = await readdir(join(base, 'output/summary'));
    const written = JSON.parse(await readFile(join(base, 'output/summary', summary ?? ''), 'utf8')) as object;
    expect(written).toMatchObject({ truncation_stats: { truncated_records: 1 }, failed_records: 1 });
  }, 60_000);

  it('names every variable at fault, and every file that is missing, before anything is spent', async () => {
    const { site, server, base } = await open({
      BEDROCK_PRIMARY_MODEL_ID: '',
      BEDROCK_MAX_TOKENS: 'many',
      BEDROCK_BATCH_MODE: 'x',
    });
    const wrong = await site.json('bedrock-processing', '--job_type', 'testing', '--base', base);
    expect(wrong['error']).toMatchObject({
      code: 'config_invalid',
      message: expect.stringMatching(/BEDROCK_PRIMARY_MODEL_ID is not set.*BEDROCK_MAX_TOKENS.*BEDROCK_BATCH_MODE/s),
    });
    const set = { BEDROCK_PRIMARY_MODEL_ID: MODEL, BEDROCK_MAX_TOKENS: '10', BEDROCK_BATCH_MODE: 'auto' };
    const run = await site.rowmillWith(set, 'bedrock-processing', '--job_type', 'testing', '--base', base, '--json')
      .ended;
    expect(run.code).toBe(2);
    expect(run.json?.['error']).toMatchObject({
      code: 'file_not_found',
      message: expect.stringContaining('input/data'),
    });
    expect(server.realtime).toEqual([]);
  }, 60_000);
});
