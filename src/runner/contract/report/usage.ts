import * as z from 'zod';
import { strict } from '../../../base/schema/strict-object.ts';

/** What sums are kept apart by. */
const USAGE_FIELDS = ['agent', 'provider', 'model', 'way', 'batch'] as const;
/** The periods of a time series. */
const BUCKETS = ['minute', 'quarter_hour', 'hour', 'day'] as const;

const time = z.iso.datetime({ offset: true }).or(z.iso.date());

/** A period of time: `from` is in it, `to` is not. */
export const period = {
  from: time
    .describe('The start, ISO 8601: a time, or a day in UTC. 30 days before the end by default.')
    .exactOptional(),
  to: time.describe('The end, which is not in the period. The present by default.').exactOptional(),
};

const fieldList = z
  .string()
  .transform((text) => text.split(',').map((one) => one.trim()))
  .pipe(z.array(z.enum(USAGE_FIELDS)).max(USAGE_FIELDS.length));

/** Which time series is asked for. */
export const metricsQuery = strict({
  ...period,
  bucket: z.enum(BUCKETS).default('hour').describe('minute, quarter_hour, hour (the default) or day, in UTC.'),
  by: fieldList
    .describe('What the sums are kept apart by, with commas between: agent, provider, model, way, batch.')
    .exactOptional(),
});

export type MetricsQuery = z.infer<typeof metricsQuery>;

const usd = z.number().describe('In dollars, over calls of known price.');

/** Sums of calls and rows. */
export const usageFigures = z.object({
  calls: z.number().describe('Model calls that were answered, those from the cache too.'),
  unpriced_calls: z.number().describe('Calls of unknown price: they are in no sum of money.'),
  input_tokens: z.number().describe('Input tokens that were not cached.'),
  output_tokens: z.number().describe('Output tokens.'),
  cache_write_tokens: z.number().describe('Tokens written to the prompt cache.'),
  cache_read_tokens: z.number().describe('Tokens read from the prompt cache.'),
  cost_usd: usd.describe('What they cost, in dollars.'),
  standard_usd: usd.describe('What they would have cost in real time and without the cache, in dollars.'),
  saved_usd: usd.describe('The difference, in dollars.'),
  rows_succeeded: z.number().describe('Attempts at rows that succeeded.'),
  rows_failed: z.number().describe('Attempts at rows that failed.'),
});

export type UsageFigures = z.infer<typeof usageFigures>;

/** The period of an answer. */
export const periodShown = {
  from: z.string().describe('The start of the period, ISO 8601.'),
  to: z.string().describe('Its end, which is not in it.'),
};

/** One line of the time series. */
const metricsPoint = usageFigures.extend({
  at: z.string().describe('Start of the bucket, ISO 8601.'),
  seconds: z
    .number()
    .describe('The precision of its times: minutes are kept for two days, hours for sixty days, days for good.'),
  agent: z.string().optional().describe('Empty for calls outside of batches.'),
  provider: z.string().optional().describe('Empty where no call was made: the ends of rows.'),
  model: z.string().optional().describe('As provider/model.'),
  way: z.string().optional().describe('realtime, batch (batch API), cache, or row: the ends of rows.'),
  batch_id: z.string().optional().describe('Empty for calls outside of batches.'),
});

/** A time series. */
export const metricsReport = z.object({
  ...periodShown,
  bucket: z.enum(BUCKETS),
  items: z.array(metricsPoint).describe('In order of time. A bucket without calls is left out.'),
  totals: usageFigures.describe('The sums over all items.'),
});

export type MetricsReport = z.infer<typeof metricsReport>;
