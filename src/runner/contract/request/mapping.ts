import * as z from 'zod';
import { strict } from '../../../base/schema/strict-object.ts';
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

/** A key of an object that is made of columns: names with dots between them. */
const keyPath = z
  .string()
  .regex(/^[\p{L}\p{N}_-]+(\.[\p{L}\p{N}_-]+)*$/u, 'must be names of letters, digits, _ or -, with dots between them');

/** Columns by the keys of the object that they make. */
const columnsByKey = z
  .record(keyPath, z.string().min(1))
  .refine((columns) => shadowed(Object.keys(columns)) === undefined, {
    error: ({ input }) =>
      `has the key "${shadowed(Object.keys(input as object))}", which can't hold both a cell and further keys`,
  })
  .describe('An object made of columns: its keys, with dots for keys within keys, to names of columns.');

/** The first key that is also the beginning of another. */
function shadowed(keys: string[]): string | undefined {
  return keys.find((key) => keys.some((other) => other.startsWith(`${key}.`)));
}

/** How an agent's input field is filled: a column, `{% JSONata over the row %}`, `{column}`, `{columns}`, or `{value}`. */
export const inputMapping = z
  .record(
    z.string().min(1),
    z.union([
      z.string().min(1).describe("A column's name, or a JSONata expression over the row between {% and %}."),
      strict({ column: z.string().min(1).describe("A column's name, even if it looks like an expression.") }),
      strict({ columns: columnsByKey }),
      strict({ value: constant.describe('The same value for every row.') }),
    ]),
  )
  .describe(
    'How each input field of the agent is filled: field to a column\'s name, to "{% JSONata over the row %}", to {column}, to {columns: {key: column}} for an object, or to {value}. Without it, columns named like the fields are used; {} means identity: every column into the field of its name.',
  );

export type InputMapping = z.infer<typeof inputMapping>;

/** The last columns of an output table, unless its mapping says otherwise. */
export const STATUS_COLUMNS = ['_status', '_processing_time', '_error'] as const;

export type StatusColumn = (typeof STATUS_COLUMNS)[number];

/** Columns about a row besides its answer. A status column that a mapping names here is placed here, not at the end. */
export const METADATA_COLUMNS = [
  '_parse_status',
  '_validation_passed',
  '_truncated_fields',
  '_outcome',
  '_failure',
  ...STATUS_COLUMNS,
] as const;

export type MetadataColumn = (typeof METADATA_COLUMNS)[number];

/** The fields of the agent's structured output that become columns. */
export const structuredOutputFields = z
  .array(z.string().min(1))
  .min(1)
  .describe("Which fields of the agent's structured output become columns, in this order; without it, all of them.");

/** Which parts of the answers become columns of the output table. */
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
      'Columns about each row, including failed rows. _parse_status: the outcome of parsing its answer (success, validation_failed, json_failed, or error when there is no answer). _validation_passed: whether the answer fits the schema. _truncated_fields: the input fields that were truncated in its prompt. _outcome: success or error, empty for a row that was not run. _failure: like _error, but null when the row did not fail. _status, _processing_time and _error are the last columns of every table; if named here, they are placed here instead.',
    )
    .exactOptional(),
  rename: z
    .record(z.string().min(1), z.string().min(1).nullable())
    .describe('New headers for added columns, by their default names; null leaves a column out.')
    .exactOptional(),
  rows: z
    .enum(['all', 'succeeded'])
    .describe('Which rows the output table has: all (the default), or only those that succeeded.')
    .exactOptional(),
}).describe('Which parts of the answers become columns of the output table.');

export type OutputMapping = z.infer<typeof outputMapping>;
