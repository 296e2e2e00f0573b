import * as z from 'zod';
import { METADATA_COLUMNS } from './mapping.ts';
import { batchOptions } from './options.ts';

/** Columns about a row that only an export has. */
export const EXPORT_COLUMNS = ['_row', '_line', '_attempt', '_trace_id', '_started_at', '_ended_at'] as const;

export type ExportColumn = (typeof EXPORT_COLUMNS)[number];

/** The formats of an export. */
export const exportFormat = z.enum(['csv', 'tsv', 'jsonl', 'json', 'parquet', 'xlsx']);

/** The options of an export that is streamed. */
export const exportQuery = z.strictObject({
  format: exportFormat.default('csv').describe('The format.'),
  compression: z
    .enum(['none', 'gzip', 'zstd'])
    .default('none')
    .describe('The compression of a CSV, TSV, JSONL or JSON file.'),
  rows: z
    .enum(['all', 'succeeded', 'failed', 'not_run'])
    .default('all')
    .describe('Which rows; not_run are those that wait, or waited when their batch ended.'),
  columns: z
    .array(z.string().min(1))
    .min(1)
    .max(10_000)
    .optional()
    .describe('Only these columns, in this order: of the output table, or of metadata. Without it, all of the table.'),
  metadata: z
    .array(z.enum([...EXPORT_COLUMNS, ...METADATA_COLUMNS]))
    .max(50)
    .default([])
    .describe(
      'Further columns, after the others. _trace_id names the last attempt in the journal: batch/row/attempt. _started_at and _ended_at are ISO 8601.',
    ),
  spreadsheet_safe: batchOptions.shape.spreadsheet_safe.optional(),
  bom: batchOptions.shape.bom.optional(),
  delimiter: batchOptions.shape.out_delimiter.optional(),
});

export type ExportQuery = z.input<typeof exportQuery>;
