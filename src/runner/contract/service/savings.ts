import * as z from 'zod';
import { strict } from '../../../base/schema/strict-object.ts';
import { period, periodShown, usageFigures } from '../report/usage.ts';

/** What savings are kept apart by. */
export const SAVINGS_FIELDS = ['agent', 'provider', 'day', 'batch'] as const;

/** Which savings are asked for. */
export const savingsQuery = strict({
  ...period,
  by: z.enum(SAVINGS_FIELDS).default('agent').describe('What they are kept apart by: agent, provider, day or batch.'),
});

export type SavingsQuery = z.infer<typeof savingsQuery>;

const savedFigures = {
  calls: usageFigures.shape.calls,
  cost_usd: usageFigures.shape.cost_usd,
  standard_usd: usageFigures.shape.standard_usd,
  saved_usd: usageFigures.shape.saved_usd,
  batch_api_usd: z.number().describe('The part that batch APIs saved, in dollars.'),
  cache_usd: z.number().describe('The part that answers from the cache saved, in dollars.'),
};

/** One line of savings: its value of the field, and its sums. */
export const savingsLine = z.object({
  name: z.string().describe('The agent, provider, day (UTC) or batch; empty for calls outside of batches.'),
  ...savedFigures,
});

export type SavingsLine = z.infer<typeof savingsLine>;

/** What batch APIs and the cache saved in a period, against the standard price. */
export const savingsReport = z.object({
  ...periodShown,
  by: z.enum(SAVINGS_FIELDS).describe('What the items are.'),
  items: z.array(savingsLine).describe('Days in order; others by what they saved.'),
  totals: z.object(savedFigures).describe('The sums over all items.'),
  saved_share: z.number().nullable().describe('Saved of the standard price, 0 to 1; null when nothing was spent.'),
  projection: z
    .object({
      days: z.number().describe('The days that it is computed from: since the first call, at least one.'),
      saved_usd_per_month: z.number().describe('In 30 days, in dollars.'),
      saved_usd_per_year: z.number().describe('In 365 days, in dollars.'),
      cost_usd_per_month: z.number().describe('What 30 days cost, in dollars.'),
    })
    .nullable()
    .describe('If it goes on at the rate of the period so far; null when there was no call.'),
});

export type SavingsReport = z.infer<typeof savingsReport>;
