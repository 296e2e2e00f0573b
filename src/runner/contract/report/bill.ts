import * as z from 'zod';

const usd = (text: string) => z.number().nullable().describe(`${text}; null when a price is unknown.`);

/** One kind of token in a bill; the cost is null when a price is unknown. */
const billLine = z.object({ tokens: z.number().describe('Number of tokens.'), cost_usd: usd('Their cost in dollars') });
const attempts = z.object({
  attempts: z.number().describe('Number of attempts.'),
  cost_usd: usd('Their cost in dollars'),
});
export type BillLine = z.infer<typeof billLine>;

/** The costs of a batch by kind of token, by model and by outcome, over its answered calls. */
export const bill = z
  .object({
    input: billLine.describe('Input tokens that were not cached.'),
    output: billLine.describe('Output tokens.'),
    cache_write: billLine.describe('Tokens written to the prompt cache.'),
    cache_read: billLine.describe('Tokens read from the prompt cache.'),
    models: z
      .array(
        z.object({
          model: z.string().describe('provider/model.'),
          calls: z.number().describe('Answered calls.'),
          cost_usd: usd('Their cost in dollars'),
        }),
      )
      .describe('Calls and costs by model; several models after a retry with another one.'),
    succeeded: attempts.describe('Attempts that gave an answer.'),
    failed: attempts.describe('Attempts that failed, including those of rows that were retried.'),
    unfinished_cost_usd: usd(
      'Dollars spent on attempts that have not ended, or that were replaced by a retry with another model',
    ),
  })
  .describe('The bill over the answered calls, including failed attempts.');

export type Bill = z.infer<typeof bill>;
