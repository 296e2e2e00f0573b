import * as z from 'zod';
import type { JournalEntry } from '../../../storage/journal.ts';
import type { RowRecord } from '../../../storage/rows.ts';
import { shownError } from '../problem.ts';
import { rowStatus } from './row.ts';

/** A record of the store, shown unchanged. */
const stored = <Record>() => z.record(z.string(), z.unknown()) as unknown as z.ZodType<Record>;

/** One attempt at a row. */
export const attemptTrace = z.object({
  attempt: z.number().describe('The number of the attempt, from 1.'),
  model: z.string().nullable().describe('provider/model; null when it made no model call.'),
  fallback: z.boolean().describe("Whether the agent's fallback model answered a call of it."),
  status: z
    .enum([...rowStatus.options, 'superseded'])
    .describe('superseded: a retry with another model replaced the attempt before it ended.'),
  error: shownError.nullable().describe('Why it failed; null when it did not.'),
  started_at: z.iso.datetime().nullable().describe('When it started, ISO 8601; null when that is not known.'),
  ended_at: z.iso.datetime().nullable().describe('When it ended, ISO 8601; null until it has ended.'),
  entries: z.array(stored<JournalEntry>()).describe('The calls of the attempt in order, with requests and answers.'),
});

export type AttemptTrace = z.infer<typeof attemptTrace>;

/** A row in detail: its record, and every call of its attempts. */
export const rowTrace = z.object({
  row: stored<RowRecord>().describe('The row.'),
  kept_from: z
    .object({ batch_id: z.string().describe('The batch.'), row: z.number().describe('Its row, from 0.') })
    .nullable()
    .describe('The row of an earlier batch whose answer it keeps, without an attempt of its own; else null.'),
  attempts: z.array(attemptTrace).describe('The attempts of the row, in order.'),
});

export type RowTrace = z.infer<typeof rowTrace>;
