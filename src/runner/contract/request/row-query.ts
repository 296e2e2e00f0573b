import * as z from 'zod';
import { errorCode } from '../problem.ts';
import { rowReport } from '../report/row.ts';

/** The orders of rows. `time` is the time at which a row ended; rows that have not ended come last. */
export const rowSort = z.enum(['row', '-row', 'time', '-time', 'status', '-status']);

/** How many rows a page has at most. */
export const MAX_ROW_PAGE = 1000;

/** Selects rows of a batch, by their status or by the code of their failure. */
export const rowFilter = z.strictObject({
  status: rowReport.shape.status.optional().describe('Only rows with this status.'),
  code: z.string().min(1).max(100).optional().describe('Only rows that failed with this code.'),
});

export type RowFilterAsked = z.infer<typeof rowFilter>;

/** A page of rows at any place. */
export const rowPageQuery = rowFilter.extend({
  sort: rowSort.default('row').describe('The order; with - the reverse. time: when a row ended.'),
  place: z.number().int().min(0).default(0).describe('The place of the first row among the selected ones, from 0.'),
  limit: z.number().int().min(1).max(MAX_ROW_PAGE).default(50).describe('How many rows a page has at most.'),
});

export type RowPageQuery = z.input<typeof rowPageQuery>;

/** How many ranges a map has at most. */
export const MAX_RANGES = 1000;

/** A map of all rows. */
export const rowMapQuery = z.strictObject({
  ranges: z
    .number()
    .int()
    .min(1)
    .max(MAX_RANGES)
    .default(200)
    .describe('Into how many equal ranges the rows are divided; a range has at least one row.'),
});

export type RowMapQuery = z.input<typeof rowMapQuery>;

/** All rows of a batch in equal ranges, in the order of the source, with their counts by status. */
export const rowMap = z.object({
  total: z.number().describe('All rows.'),
  ranges: z
    .array(
      z.object({
        first: z.number().describe('The number of its first row.'),
        rows: z.number().describe('How many rows it has.'),
        queued: z.number().describe('Rows that wait; in an ended batch the rows that were not run.'),
        running: z.number().describe('Rows that run.'),
        succeeded: z.number().describe('Rows with an answer.'),
        failed: z.number().describe('Rows that failed.'),
      }),
    )
    .describe('The ranges, in the order of the source; empty while no row is loaded.'),
});

export type RowMap = z.infer<typeof rowMap>;

/** A search for a text in the cells and answers of rows. */
export const rowSearchQuery = rowFilter.extend({
  text: z
    .string()
    .min(1)
    .max(200)
    .describe('Only rows that have this text in a cell or in their answer; the case does not matter.'),
  from: z.number().int().min(0).default(0).describe('The number of the row where the search starts.'),
  limit: z.number().int().min(1).max(MAX_ROW_PAGE).default(50).describe('How many of the found rows are read.'),
});

export type RowSearchQuery = z.input<typeof rowSearchQuery>;

/** Rows by status, and failed ones by code; exact. */
export const rowCounts = z.object({
  total: z.number().describe('All rows.'),
  queued: z.number().describe('Rows that wait; in an ended batch the rows that were not run.'),
  running: z.number().describe('Rows that run.'),
  succeeded: z.number().describe('Rows with an answer.'),
  failed: z.number().describe('Rows that failed.'),
  errors: z
    .array(z.object({ code: errorCode.describe('The code.'), count: z.number().describe('Its failed rows.') }))
    .describe('Failed rows by code, most frequent first.'),
});

export type RowCounts = z.infer<typeof rowCounts>;

/** A page of rows. */
export const rowPage = z.object({
  rows: z.array(rowReport).describe('The rows.'),
  selected: z.number().describe('How many rows the filter selects.'),
  counts: rowCounts,
});

export type RowPage = z.infer<typeof rowPage>;

/** How far a search has come. */
export const rowSearch = z.object({
  rows: z.array(rowReport).describe('Rows that were found since the last report, at most as many as were asked for.'),
  found: z.number().describe('How many rows were found so far.'),
  next: z.number().nullable().describe('The number of the row where the search continues; null at the end.'),
});

export type RowSearch = z.infer<typeof rowSearch>;
