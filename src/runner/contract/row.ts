import * as z from 'zod';
import type { JsonObject } from '../../protocol/messages.ts';
import { shownError } from './problem.ts';

/** Any JSON object. */
export const jsonObject = z.record(z.string(), z.unknown()) as unknown as z.ZodType<JsonObject>;

/** A row waits, is being run, or has ended. */
export const rowStatus = z.enum(['queued', 'running', 'succeeded', 'failed']);

/** One row as it is shown. */
export const rowReport = z.object({
  row: z.number().describe('Its number, from 0.'),
  line: z.number().describe('The line of the source where it begins.'),
  status: z
    .enum([...rowStatus.options, 'not_run'])
    .describe('Where the row is; not_run: its batch ended before it was run.'),
  attempt: z.number().describe('The number of its attempt, from 1; 0 before the first.'),
  source: jsonObject.describe('Its cells by column.'),
  input: jsonObject.nullable().describe('The input of the agent; null until it is made.'),
  output: jsonObject.nullable().describe('The structured answer; null where there is none.'),
  error: shownError.nullable().describe('Why it failed; null when it did not.'),
  processing_seconds: z.number().nullable().describe('How long its attempt took; null until it has ended.'),
});

export type RowReport = z.infer<typeof rowReport>;
