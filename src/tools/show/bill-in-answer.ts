import * as z from 'zod';

const usd = (text: string) => z.number().nullable().describe(`${text}; null when a price is unknown.`);
const line = (text: string) =>
  z.object({ tokens: z.number().describe('How many.'), cost_usd: usd('What they cost, in dollars') }).describe(text);
const attempts = (text: string) =>
  z.object({ attempts: z.number().describe('How many.'), cost_usd: usd('What they cost, in dollars') }).describe(text);

/** What the money of a batch went to, in a tool's answer. */
export const billInAnswer = z
  .object({
    input: line('Input tokens that were not cached.'),
    output: line('Output tokens.'),
    cache_write: line('Tokens written to the prompt cache.'),
    cache_read: line('Tokens read from the prompt cache.'),
    models: z
      .array(
        z.object({
          model: z.string().describe('provider/model.'),
          calls: z.number().describe('Answered calls.'),
          cost_usd: usd('What they cost, in dollars'),
        }),
      )
      .describe('The same by model; several after a retry with another one.'),
    succeeded: attempts('Attempts that gave an answer.'),
    failed: attempts('Attempts that failed, those of rows that were retried included.'),
    unfinished_cost_usd: usd('Dollars spent on attempts that have not ended'),
  })
  .describe('The bill over the answered calls, failed attempts included.');
