import * as z from 'zod';
import { strict } from '../../../base/schema/strict-object.ts';
import type { Message } from '../../../protocol/messages.ts';
import { jsonObject } from '../report/row.ts';
import { inputMapping } from './mapping.ts';
import { readingOptions } from './reading.ts';
import { batchRequest } from './request.ts';

/** The last row that a preview goes to: it reads the table up to there. */
const MOST_PLACE = 1_000_000;
const MOST_ROWS = 1000;

const place = z.int().min(0).max(MOST_PLACE);

/** A request for some rows of a table. */
export const previewRequest = strict({
  csv_uri: batchRequest.shape.csv_uri,
  reading: readingOptions.exactOptional(),
  place: place.default(0).describe('The number of the first row, from 0. The table is read up to it.'),
  limit: z.int().min(1).max(MOST_ROWS).default(50).describe('How many rows are shown at most.'),
});

export type PreviewRequest = z.output<typeof previewRequest>;

/** Rows of a table, as they are read. */
export const tablePreview = z.object({
  uri: z.string().describe('The table.'),
  format: z.string().describe('csv, tsv, jsonl, json, xlsx or parquet.'),
  reading: readingOptions.describe('How it is read, with what was detected.'),
  sheets: z
    .array(z.object({ name: z.string(), is_read: z.boolean().describe('Its rows are the table.') }))
    .describe('The sheets of a workbook, in order; empty for other tables.'),
  columns: z.array(z.string()).describe('The columns in order.'),
  rows: z
    .array(
      z.object({
        row: z.number().describe('The number of the row, from 0.'),
        line: z.number().describe('The line where it starts.'),
        cells: z.array(z.unknown()).describe('Its cells, in the order of the columns.'),
        fault: z.string().nullable().describe('Why the row can not be read; null when it can.'),
      }),
    )
    .describe('The rows.'),
  row_count: z.number().nullable().describe('How many rows the table has; null when that is not known yet.'),
  next: z.number().nullable().describe('The place of the next page; null: the end.'),
  warnings: z.array(z.string()).describe('Irregularities in what was read.'),
});

export type TablePreview = z.infer<typeof tablePreview>;

/** A request to render what one row sends to the model. */
export const renderRequest = strict({
  csv_uri: batchRequest.shape.csv_uri,
  reading: readingOptions.exactOptional(),
  target: batchRequest.shape.target,
  input_mapping: inputMapping.exactOptional(),
  row: place.default(0).describe('The number of the row, from 0. The table is read up to it.'),
});

export type RenderRequest = z.output<typeof renderRequest>;

const messages = z.array(z.looseObject({})) as unknown as z.ZodType<Message[]>;

/** What a row sends to the model, as its run makes it. */
export const renderedRow = z.object({
  row: z.number().describe('The number of the row.'),
  line: z.number().describe('The line where it starts.'),
  key: z
    .string()
    .nullable()
    .describe('The key of the row in its source, such as the _id of a document; null in a file.'),
  agent: z.string().describe('The agent, as name@version.'),
  model: z.string().describe('Its model, as provider/model.'),
  input_mapping: inputMapping.describe('The mapping that was used: the one given, or the proposed one.'),
  input: jsonObject.describe('The input of the agent.'),
  instructions: z.string().describe('The system prompt.'),
  messages: messages.describe('The messages of the first call. A medium is shown by its number.'),
  truncated_fields: z.array(z.string()).describe('Fields that are cut in the prompt, because they are too long.'),
  tokens: z.number().describe('About how many tokens the first call sends, without media.'),
});

export type RenderedRow = z.infer<typeof renderedRow>;
