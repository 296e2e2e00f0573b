import * as z from 'zod';
import { errorCode } from '../problem.ts';
import { batchReport } from './report.ts';

const { agent, model, source_uri, output_uri, cost_usd, started_at, ended_at, status } = batchReport.shape;
const seconds = (what: string) => z.number().nullable().describe(`${what}, in seconds; null where no row has ended.`);

/** What a batch has done, in figures: to be kept beside its results. */
export const batchStatistics = z.object({
  batch_id: z.string().describe('The id of the batch.'),
  ...{ status, agent, model, source_uri, output_uri, started_at, ended_at },
  rows: z
    .object({
      total: z.number().describe('Rows loaded.'),
      processed: z.number().describe('Rows that ended, with an answer or without.'),
      succeeded: z.number().describe('Rows with a valid answer.'),
      failed: z.number().describe('Rows that failed.'),
      skipped: z.number().describe('Rows that were loaded and did not end: not run, or left when it stopped.'),
    })
    .describe('Rows by how they ended.'),
  failures: z
    .array(z.object({ code: errorCode.describe('The code.'), count: z.number().describe('Its failed rows.') }))
    .describe('Failed rows by code, most frequent first.'),
  seconds: z.number().describe('How long the batch was running, without the time that it was paused.'),
  rows_per_second: z.number().nullable().describe('Rows ended per second of that time; null where none has ended.'),
  row_seconds: z
    .object({
      mean: seconds('The mean'),
      p50: seconds('Half of the rows took at most this long'),
      p95: seconds('95 of 100 rows took at most this long'),
      max: seconds('The slowest row'),
    })
    .describe('How long a row took, from its start to its end; p50 and p95 within 2 %.'),
  calls: z.object({
    model: z.number().describe('Calls of models.'),
    tool: z.number().describe('Calls of tools.'),
    cached: z.number().describe('Calls of models that were answered from the cache.'),
  }),
  tokens: z.object({
    input: z.number().describe('Input tokens that were not cached.'),
    output: z.number().describe('Output tokens.'),
    cache_write: z.number().describe('Tokens written to the prompt cache.'),
    cache_read: z.number().describe('Tokens read from the prompt cache.'),
  }),
  cost_usd,
  answers: z
    .record(z.string(), z.record(z.string(), z.number()))
    .describe(
      'Succeeded rows by the values of each field of the answer that is a list of values, or true or false. A field within an object is named by its path: customer.mood.',
    ),
});

export type BatchStatistics = z.infer<typeof batchStatistics>;
