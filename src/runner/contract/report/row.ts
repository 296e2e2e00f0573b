import * as z from 'zod';
import type { JsonObject } from '../../../protocol/messages.ts';
import { shownError } from '../problem.ts';

/** Any JSON object. */
export const jsonObject = z.record(z.string(), z.unknown()) as unknown as z.ZodType<JsonObject>;

/** A row waits, is being run, or has ended. */
export const rowStatus = z.enum(['queued', 'running', 'succeeded', 'failed']);

/** One row, as faces show it. */
export const rowReport = z.object({
  row: z.number().describe('The number of the row, from 0.'),
  line: z.number().describe('The line of the source where the row starts.'),
  status: z
    .enum([...rowStatus.options, 'not_run'])
    .describe('The status of the row; not_run: its batch ended before the row was run.'),
  attempt: z.number().describe('The number of its attempt, from 1; 0 before the first.'),
  source: jsonObject.describe('The cells of the row by column.'),
  input: jsonObject.nullable().describe('The input of the agent; null until it is made.'),
  output: jsonObject.nullable().describe('The structured answer; null when there is none.'),
  error: shownError.nullable().describe('Why it failed; null when it did not.'),
  started_at: z.iso.datetime().nullable().describe('When its attempt started, ISO 8601; null before the first.'),
  ended_at: z.iso.datetime().nullable().describe('When its attempt ended, ISO 8601; null until it has ended.'),
  processing_seconds: z.number().nullable().describe('Seconds that its attempt took; null until it has ended.'),
});

export type RowReport = z.infer<typeof rowReport>;
