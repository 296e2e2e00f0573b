import * as z from 'zod';
import { agentDefinition } from '../../../agent/definition.ts';
import { executorName } from '../executor-name.ts';
import { problem } from '../problem.ts';
import { inputMapping } from '../request/mapping.ts';
import { readingOptions } from '../request/reading.ts';
import { estimate } from './estimate.ts';

/** The executor that the rows use, and the estimate of each possible way. */
export const execution = z.object({
  executor: executorName.describe(
    'The chosen executor: in real time, through the batch API, or on the workers of a fleet.',
  ),
  reason: z.string().describe('Why it was chosen.'),
  shares: z
    .array(
      z.object({
        rows: z.number().nullable().describe('Number of rows; null while unknown.'),
        executor: executorName.describe('How they run; what runs in real time costs the full price.'),
        why: z.string().describe('Why they run in this way.'),
        cost_usd: z.number().nullable().describe('Expected dollars; null when unknown.'),
      }),
    )
    .describe('How many rows run in which way, in the order in which they run; also the rest after a sample.'),
  realtime: estimate.describe('Estimate if all rows run in real time, as the rows do that provider jobs leave.'),
  batch: estimate.nullable().describe('Estimate through the batch API; null when no provider job can be made.'),
});

export type Execution = z.infer<typeof execution>;

/** Which rows of a continued batch keep an earlier answer. */
export const continuationPlan = z.object({
  batch_id: z.string().describe('The earlier batch.'),
  kept_rows: z.number().describe('Rows that keep their answer, at no cost.'),
  changed_rows: z
    .number()
    .nullable()
    .describe('Rows whose key is known and whose input has changed: they run. Null without a key.'),
  new_rows: z.number().describe('Other rows that run.'),
});

export type ContinuationPlan = z.infer<typeof continuationPlan>;

const fieldShape = z.object({
  type: z
    .string()
    .describe('string, number, integer, boolean, enum or object, with [] for a list of them; other: another schema.'),
  required: z.boolean().describe('Whether it always has a value.'),
  values: z.array(z.string()).nullable().describe('The only allowed values; null without such a list.'),
  description: z.string().nullable().describe('What the model should put there; null without a description.'),
});

export type FieldShape = z.infer<typeof fieldShape>;

/** How the answer's fields that a request gives differ from those of the agent of the registry, as it is now. */
export const schemaDifference = z.object({
  agent: z.string().describe('The agent of the registry, as name@version.'),
  changes: z
    .array(
      z.object({
        field: z.string().describe('The name of the field; of an inner field, its path with dots.'),
        change: z
          .enum(['added', 'removed', 'changed'])
          .describe('added: only the request has it; removed: only the agent has it.'),
        parts: z
          .array(z.enum(['type', 'required', 'values', 'description']))
          .describe('The parts that differ; empty where only one side has the field.'),
        yours: fieldShape.nullable().describe('The field of the request; null where it has none.'),
        agents: fieldShape.nullable().describe('The field of the agent; null where it has none.'),
      }),
    )
    .describe('The fields that differ: first those of the request in its order, then those that only the agent has.'),
});

export type SchemaDifference = z.infer<typeof schemaDifference>;

/** The result of ValidateInput. `problems` holds every reason why the request can't run; empty means that it can. */
export const batchPlan = z.object({
  problems: z.array(problem).describe('Every reason why the batch can not run; empty when it can.'),
  warnings: z.array(z.string()).describe('Warnings, which do not stop the batch.'),
  agent: agentDefinition.nullable().describe('The agent; null when it was not found.'),
  schema_difference: schemaDifference
    .nullable()
    .describe("How the request's own fields differ from the agent's; null without a difference."),
  input_mapping: inputMapping.describe(
    "The mapping that would be used: the given one, or columns with the same names as the agent's fields.",
  ),
  output_columns: z
    .array(z.string())
    .describe(
      "The output table's columns after those of the source, in order, including the status columns; of an output of documents, the fields of an answer.",
    ),
  reading: readingOptions.describe('How the source table is read: what was given, and what was detected.'),
  columns: z.array(z.string()).describe("The source table's columns."),
  row_count: z.number().nullable().describe('Number of rows; null while unknown.'),
  source_files: z.number().describe('Number of files in the source; 1 unless it is a folder or a pattern.'),
  continuation: continuationPlan
    .nullable()
    .describe('What is kept of an earlier batch; null when nothing is continued.'),
  output_uri: z
    .string()
    .nullable()
    .describe('Where the table goes; null for a place that is named after the batch: results/ of the data directory.'),
  sample: z
    .object({
      rows: z.number().describe('Number of its rows.'),
      cost_usd: z.number().nullable().describe('Expected dollars of these rows; null when unknown.'),
    })
    .nullable()
    .describe('The rows that run before the batch pauses; null without a sample, or when it can not be estimated.'),
  estimate: estimate
    .nullable()
    .describe('Expected cost, tokens and time of the batch; null when it can not be estimated.'),
  execution: execution
    .nullable()
    .describe('How its rows would run, with the estimate of either way; null without an estimate.'),
  spending_usd: z
    .number()
    .nullable()
    .describe(
      'Dollars that the start may spend: the high end of the estimate, or of its share for a sample, at most the cap; null when unknown.',
    ),
});

export type BatchPlan = z.infer<typeof batchPlan>;
