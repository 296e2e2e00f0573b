import * as z from 'zod';

/** What a batch may cost and take, with the basis of the figures. Money is in dollars; null is "unknown". */
export const estimate = z
  .object({
    rows: z.number().nullable().describe('How many rows; null when unknown.'),
    cost_usd: z
      .object({
        low: z.number().describe('If all goes lightly.'),
        expected: z.number().describe('What to expect.'),
        high: z.number().describe('If every row takes what it may.'),
      })
      .nullable()
      .describe('Dollars; null when the price of the model is unknown.'),
    tokens: z
      .object({ input: z.number().describe('Input tokens.'), output: z.number().describe('Output tokens.') })
      .nullable()
      .describe('Tokens expected; null when unknown.'),
    duration_seconds: z.number().nullable().describe('Seconds expected; null when unknown.'),
    basis: z.string().describe('How it was worked out.'),
  })
  .describe('What the batch may cost and take.');

export type Estimate = z.infer<typeof estimate>;
