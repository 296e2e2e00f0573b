import * as z from 'zod';
import type { JournalEntry } from '../../storage/journal.ts';
import type { RowRecord } from '../../storage/rows.ts';
import { shownError } from './problem.ts';
import { rowStatus } from './row.ts';

/** A record as the store gives it, shown as it is. */
const stored = <Record>() => z.record(z.string(), z.unknown()) as unknown as z.ZodType<Record>;

/** One attempt at a row. */
export const attemptTrace = z.object({
  attempt: z.number().describe('Its number, from 1.'),
  model: z.string().nullable().describe('provider/model; null when it made no model call.'),
  status: z
    .enum([...rowStatus.options, 'superseded'])
    .describe('superseded: a retry with another model took its place before it ended.'),
  error: shownError.nullable().describe('Why it failed; null when it did not.'),
  entries: z.array(stored<JournalEntry>()).describe('Its calls, in order: what was sent and what was answered.'),
});

export type AttemptTrace = z.infer<typeof attemptTrace>;

/** A row opened: its record, and every call of its attempts. */
export const rowTrace = z.object({
  row: stored<RowRecord>().describe('The row.'),
  attempts: z.array(attemptTrace).describe('Its attempts, in order.'),
});

export type RowTrace = z.infer<typeof rowTrace>;
