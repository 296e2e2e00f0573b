import * as z from 'zod';
import { strict } from '../../../base/schema/strict-object.ts';
import type { Json } from '../../../protocol/messages.ts';
import { batchOptions } from './options.ts';
import { batchRequest } from './request.ts';

/** The start of the source URI of a batch whose rows are appended; the id of the batch follows. */
const COLLECTED = 'rows://';

/** Maximum number of rows in one request. */
export const MAX_APPENDED_ROWS = 10_000;

/** The source URI of a batch without a source. No location has this scheme, so no request can name it. */
export function collectedUri(batchId: string): string {
  return `${COLLECTED}${batchId}`;
}

/** Whether the rows of a batch are appended by requests, not loaded from a source. */
export function isCollected({ csv_uri }: { csv_uri: string }): boolean {
  return csv_uri.startsWith(COLLECTED);
}

const { reading, target, input_mapping, output_mapping, output_uri, name, options } = batchRequest.shape;

/** A request for a batch without a source: its rows are appended before it runs. */
export const collectRequest = strict({
  columns: z
    .array(z.string().min(1, 'names no column'))
    .min(1, 'names no column')
    .max(10_000)
    .refine((names) => new Set(names).size === names.length, 'names a column twice')
    .describe('The columns of its rows, in order.'),
  ...{ reading, target, input_mapping, output_mapping, output_uri, name, options },
}).describe('A batch without a source table: its rows are appended, then it is run.');

export type CollectRequest = z.infer<typeof collectRequest>;

/** Requests are JSON, so every value is one; a schema that repeats itself (`z.json`) has no OpenAPI form. */
const cell = (z.unknown() as unknown as z.ZodType<Json>).describe('A cell: any JSON value; null is an empty cell.');

/** Rows for a batch that collects them. */
export const appendRequest = strict({
  rows: z
    .array(
      z.union([
        z.array(cell).describe('The cells in the order of the columns; cells at the end may be left out.'),
        z.record(z.string(), cell).describe('Cells by the names of their columns; others are empty.'),
      ]),
    )
    .min(1, 'has no rows')
    .max(MAX_APPENDED_ROWS, `has more than ${MAX_APPENDED_ROWS} rows; append them in several requests`)
    .describe(`The rows, at most ${MAX_APPENDED_ROWS} in one request.`),
  idempotency_key: z
    .string()
    .min(1)
    .max(200)
    .describe('Any text of your choice: rows with a known key are not appended again.')
    .exactOptional(),
});

export type AppendRequest = z.infer<typeof appendRequest>;

/** The result of appending rows. */
export const appended = z.object({
  batch_id: z.string().describe('The batch.'),
  first_row: z.number().describe('The number of the first of these rows, counted from 0.'),
  rows: z.number().describe('How many rows were appended.'),
  total: z.number().describe('How many rows the batch has now.'),
  repeated: z.boolean().describe('The rows were appended by an earlier request with the same key.'),
});

export type Appended = z.infer<typeof appended>;

/** Starts a batch that has collected its rows. */
export const sealRequest = strict({
  options: batchOptions.describe('Options that are added to those of the batch, or replace them.').exactOptional(),
});

export type SealRequest = z.infer<typeof sealRequest>;
