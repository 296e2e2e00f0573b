import * as z from 'zod';
import type { InputMapping, OutputMapping } from '../runner/runner.ts';
import { anyObject, strict } from './tool-schema.ts';

const scalar = [z.string(), z.number(), z.boolean(), z.null()] as const;
const constant = z.union([...scalar, z.array(z.union([...scalar, anyObject])), anyObject]);

/** `input_mapping` as a tool argument. */
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

/** Which fields of the agent's structured output become columns. */
export const structuredOutputFields = z
  .array(z.string().min(1))
  .min(1)
  .describe("Which fields of the agent's structured output become columns, in this order; all of them without it.");

/** `output_mapping` as a tool argument. */
export const outputMapping = strict({
  structured_output_fields: structuredOutputFields.optional(),
  columns: z
    .record(z.string().min(1), z.string().min(1))
    .optional()
    .describe('Further columns: name to "{% JSONata over {row, output} %}".'),
  metadata: z
    .array(z.enum(['_parse_status', '_validation_passed', '_truncated_fields']))
    .min(1)
    .optional()
    .describe(
      'Columns about each row: what its answer came to, whether it fits the schema, and which input fields its prompt holds in part only.',
    ),
  rename: z
    .record(z.string().min(1), z.string().min(1).nullable())
    .optional()
    .describe('Other headers for added columns, by the names that they have without this; null leaves a column out.'),
  rows: z
    .enum(['all', 'succeeded'])
    .optional()
    .describe('Which rows the output table has: every one (the default), or only those that succeeded.'),
}).describe('What of the answers becomes columns of the output table.');

/** A mapping in an answer, and how it is described there. */
export const mappingInAnswer = z.record(
  z.string(),
  z.union([
    z.string().describe('A column, or an expression between {% and %}.'),
    z.object({ column: z.string().describe('A column.') }),
    z.object({ value: constant.describe('A constant.') }),
  ]),
);

/** Parsed arguments without the keys that are undefined, as the runner takes them. */
export function toOutputMapping(given: z.output<typeof outputMapping> | undefined): OutputMapping | undefined {
  if (given === undefined) return undefined;
  const { structured_output_fields, columns, metadata, rename, rows } = given;
  return {
    ...(structured_output_fields === undefined ? {} : { structured_output_fields }),
    ...(columns === undefined ? {} : { columns }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(rename === undefined ? {} : { rename }),
    ...(rows === undefined ? {} : { rows }),
  };
}

/** The runner's mapping as JSON that {@link mappingInAnswer} accepts. */
export function toMappingInAnswer(mapping: InputMapping): z.input<typeof mappingInAnswer> {
  return JSON.parse(JSON.stringify(mapping));
}
