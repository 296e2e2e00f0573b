import * as z from 'zod';

/**
 * The expected cost, tokens and time of a batch, with the basis of the figures. Money is in dollars; null is "unknown".
 */
export const estimate = z
  .object({
    rows: z.number().nullable().describe('Number of rows; null when unknown.'),
    cost_usd: z
      .object({
        low: z.number().describe('Low end of the range.'),
        expected: z.number().describe('Expected cost.'),
        high: z.number().describe('High end of the range.'),
      })
      .nullable()
      .describe('Dollars; null when the price of the model is unknown.'),
    tokens: z
      .object({ input: z.number().describe('Input tokens.'), output: z.number().describe('Output tokens.') })
      .nullable()
      .describe('Tokens expected; null when unknown.'),
    duration_seconds: z.number().nullable().describe('Seconds expected; null when unknown.'),
    basis: z.string().describe('How the figures were calculated.'),
  })
  .describe('Expected cost, tokens and time of the batch.');

export type Estimate = z.infer<typeof estimate>;
