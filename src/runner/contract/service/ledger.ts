import * as z from 'zod';
import type { MetricsQuery } from '../report/usage.ts';

/** One answered model call: what it cost and saved. */
export const ledgerCall = z.object({
  run: z
    .string()
    .describe('BATCH/ROW/ATTEMPT; outside of batches CONVERSATION:MESSAGE, or the id of a trial or a suggestion.'),
  turn: z.number().describe('The turn of the run, from 0.'),
  model: z.string().describe('The model.'),
  way: z
    .enum(['realtime', 'batch', 'cache'])
    .describe('How it was answered: in real time, by a batch API, or from the cache.'),
  at: z.string().describe('When it was answered, ISO 8601.'),
  input_tokens: z.number().describe('Input tokens that were not cached.'),
  output_tokens: z.number().describe('Output tokens.'),
  cost_usd: z.number().nullable().describe('In dollars; null when the price is unknown.'),
  saved_usd: z.number().describe('What it would have cost more in real time and without the cache, in dollars.'),
});

export type LedgerReport = z.infer<typeof ledgerCall>;

/** Which calls of a batch, or outside of batches, are asked for. */
export interface LedgerPage extends Pick<MetricsQuery, 'from' | 'to'> {
  /** undefined: conversations, trials and suggestions. */
  batchId: string | undefined;
  /** The `next` of the page before. */
  after?: string | undefined;
  limit: number;
}
