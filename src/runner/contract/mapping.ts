import * as z from 'zod';
import { strict } from '../../base/strict-object.ts';
import { oneOf } from './option-face.ts';

/** Any JSON value. The metadata is for JSON Schema, where clients refuse a schema that is empty. */
const constant = z
  .unknown()
  .refine((value) => value !== undefined, 'must be given')
  .meta({
    anyOf: [
      ...['string', 'number', 'boolean', 'null'].map((type) => ({ type })),
      { type: 'array', items: { type: ['string', 'number', 'boolean', 'null', 'object'] } },
      { type: 'object', additionalProperties: true },
    ],
  });

/** How an agent's input field is filled: a column's name, `{% JSONata over the row %}`, `{column}`, or `{value}`. */
export const inputMapping = z
  .record(
    z.string().min(1),
    z.union([
      z.string().min(1).describe("A column's name, or a JSONata expression over the row between {% and %}."),
      strict({ column: z.string().min(1).describe("A column's name, whatever it looks like.") }),
      strict({ value: constant.describe('The same value for every row.') }),
    ]),
  )
  .describe(
    'How each input field of the agent is filled: field to a column\'s name, to "{% JSONata over the row %}", to {column}, or to {value}. Without it, columns named like the fields are used.',
  );

export type InputMapping = z.infer<typeof inputMapping>;

/** The columns that an output table ends with, unless its mapping says otherwise. */
export const STATUS_COLUMNS = ['_status', '_processing_time', '_error'] as const;

export type StatusColumn = (typeof STATUS_COLUMNS)[number];

/** What is known of each row beside its answer. A status column that is named among them stands there, and not at the end. */
export const METADATA_COLUMNS = [
  '_parse_status',
  '_validation_passed',
  '_truncated_fields',
  '_outcome',
  '_failure',
  ...STATUS_COLUMNS,
] as const;

export type MetadataColumn = (typeof METADATA_COLUMNS)[number];

/** Which fields of the agent's structured output become columns. */
export const structuredOutputFields = z
  .array(z.string().min(1))
  .min(1)
  .describe("Which fields of the agent's structured output become columns, in this order; all of them without it.");

/** What of the answers becomes columns of the output table. */
export const outputMapping = strict({
  structured_output_fields: structuredOutputFields.exactOptional(),
  columns: z
    .record(z.string().min(1), z.string().min(1))
    .describe('Further columns: name to "{% JSONata over {row, output} %}".')
    .exactOptional(),
  metadata: z
    .array(oneOf(METADATA_COLUMNS))
    .min(1)
    .describe(
      'Columns about each row, failed rows included. _parse_status: the outcome of reading its answer (success, validation_failed, json_failed, or error where there is none). _validation_passed: whether the answer fits the schema. _truncated_fields: the input fields that its prompt holds in part only. _outcome: success or error, empty for a row that was not run. _failure: as _error, and null where a row did not fail. _status, _processing_time and _error stand at the end of every table; named here they stand here instead.',
    )
    .exactOptional(),
  rename: z
    .record(z.string().min(1), z.string().min(1).nullable())
    .describe('Other headers for added columns, by the names that they have without this; null leaves a column out.')
    .exactOptional(),
  rows: z
    .enum(['all', 'succeeded'])
    .describe('Which rows the output table has: every one (the default), or only those that succeeded.')
    .exactOptional(),
}).describe('Which parts of the answers become columns of the output table.');

export type OutputMapping = z.infer<typeof outputMapping>;
