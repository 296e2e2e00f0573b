import * as z from 'zod';
import type { JournalEntry } from '../../../storage/journal.ts';
import type { Cell } from '../../../tables/cell.ts';
import type { InputMapping } from '../request/mapping.ts';
import type { ReadingOptions } from '../request/reading.ts';
import { jsonObject } from './row.ts';

/** What an agent is tried with: a message, a row, or a row of a table. A mapping adds to the proposed one. */
export type Given =
  | { message: string }
  | { columns: string[]; cells: Cell[]; mapping?: InputMapping }
  | { table: string; row: number; reading?: ReadingOptions; mapping?: InputMapping };

/** One run of an agent outside of batches. */
export const triedRun = z.object({
  run_id: z.string().describe('The id of the run.'),
  agent: z.string().describe('The agent, as name@version.'),
  model: z.string().describe('Its model, as provider/model.'),
  stand_in: z.string().nullable().describe('Set when no real model answered.'),
  input: jsonObject.nullable().describe('The mapped input; null for a message.'),
  status: z.enum(['succeeded', 'failed']).describe('How the run ended.'),
  output: jsonObject.nullable().describe('The structured answer; null where the agent gives text.'),
  text: z.string().nullable().describe('The text of the answer; null where it is structured.'),
  error: z
    .object({ code: z.string(), message: z.string() })
    .nullable()
    .describe('Why the run failed; null when it did not.'),
  cost_usd: z.number().nullable().describe('What it cost, in dollars; null when a price is unknown.'),
  entries: z
    .array(z.looseObject({}) as unknown as z.ZodType<JournalEntry>)
    .describe('Its calls in order, with requests and answers.'),
});

export type TriedRun = z.infer<typeof triedRun>;
