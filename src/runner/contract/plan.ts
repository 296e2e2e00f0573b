import * as z from 'zod';
import { agentDefinition } from '../../agent/definition.ts';
import { estimate } from './estimate.ts';
import { executorName } from './executor-name.ts';
import { inputMapping } from './mapping.ts';
import { problem } from './problem.ts';

/** The ways in which rows can run, and the one that is taken. */
export const execution = z.object({
  executor: executorName.describe('The way that is taken: at once, or through the batch API.'),
  reason: z.string().describe('Why.'),
  realtime: estimate.describe('At once.'),
  batch: estimate.nullable().describe('Through the batch API; null when the model has none.'),
});

export type Execution = z.infer<typeof execution>;

/** What ValidateInput finds out. `problems` is every reason at once; empty means that it can run. */
export const batchPlan = z.object({
  problems: z.array(problem).describe('Every reason why it can not run; empty when it can.'),
  warnings: z.array(z.string()).describe('What is odd without stopping the work.'),
  agent: agentDefinition.nullable().describe('The agent; null when it was not found.'),
  input_mapping: inputMapping.describe(
    "The mapping that would be used: the one given, or columns named like the agent's fields.",
  ),
  output_columns: z
    .array(z.string())
    .describe("The output table's columns after the source's own, in order, the status columns included."),
  columns: z.array(z.string()).describe("The source table's columns."),
  row_count: z.number().nullable().describe('How many rows; null while unknown.'),
  source_files: z.number().describe('How many files the source is made of; 1 unless it is a folder or a pattern.'),
  estimate: estimate.nullable().describe('What the batch may cost and take; null when it can not be estimated.'),
  execution: execution
    .nullable()
    .describe('How its rows would run, and what either way may cost and take; null without an estimate.'),
  spending_usd: z
    .number()
    .nullable()
    .describe(
      'Dollars that the start is expected to spend: the estimate, less for a sample, at most the cap; null when unknown.',
    ),
});

export type BatchPlan = z.infer<typeof batchPlan>;
