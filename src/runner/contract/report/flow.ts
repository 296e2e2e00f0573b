import * as z from 'zod';
import { batchReport } from './report.ts';

const state = batchReport.shape.status;
const counts = z
  .object({ queued: z.number(), running: z.number(), succeeded: z.number(), failed: z.number() })
  .describe('Its rows by status at that time.');

/** The way of a batch through its states, to be drawn. */
export const batchFlow = z.object({
  batch_id: z.string().describe('The batch.'),
  state: state.describe('Its current state.'),
  complete: z.boolean().describe('Whether every change is known; false for batches of earlier versions.'),
  states: z
    .array(
      z.object({
        state: state.describe('The state.'),
        visits: z.number().describe('How often the batch entered it; 0: not so far.'),
        seconds: z.number().describe('How long it has been in it, all visits together.'),
        is_current: z.boolean().describe('Whether it is in it.'),
      }),
    )
    .describe('The states in the order of a life.'),
  changes: z
    .array(
      z.object({
        number: z
          .number()
          .describe('Counts the changes from 1; 0 where it is derived from the times of an older batch.'),
        at: z.string().describe('When the state was entered, ISO 8601.'),
        state: state.describe('The state.'),
        pause_reason: batchReport.shape.pause_reason.describe('Why it was paused; null for every other state.'),
        counts: counts.nullable().describe('Its rows by status at that time; null when they are not known.'),
        seconds: z.number().nullable().describe('How long the state lasted; null for the current one.'),
      }),
    )
    .describe('The states that it entered, in order.'),
});

export type BatchFlow = z.infer<typeof batchFlow>;
