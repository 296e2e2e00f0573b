import * as z from 'zod';
import { strict } from '../../../base/schema/strict-object.ts';
import { number, oneOf, option, wholeNumber } from './option-face.ts';

/** The default values of options. */
export const OPTION_DEFAULTS = {
  concurrency: 10,
  priority: 5,
  tolerated_failure_percent: 100,
  batch_threshold: 1000,
  batch_jobs: 20,
} as const;

const CARE = 'Care:';
const BATCH_API = 'Batch API (half the price, within a day):';
const KEEPING = 'Keeping:';
const TABLE = 'Mapping:';

/**
 * The options of a batch. Each is defined once, with its description, its bounds and its face data. Every option is
 * enforced; none is ignored. The flags of `rowmill run` and the options of `execute_batch_processor` are made from this
 * schema.
 */
export const batchOptions = strict({
  sample: option(wholeNumber({ min: 1 }, 'a whole number of rows'), {
    text: 'Run only this many rows, then pause, so that you can check them.',
    cli: { group: CARE, value: 'rows' },
  }),
  random: option(z.boolean(), {
    text: 'With options.sample: run rows spread over the whole table, chosen at random, instead of the first ones. They keep their places in the output.',
    default: false,
    cli: { group: CARE },
  }),
  max_cost_usd: option(number({ above: 0 }, 'a number of dollars'), {
    text: 'Pause the batch before it spends more than this many dollars.',
    cli: { group: CARE, flag: '--max-cost', value: 'usd' },
  }),
  tolerated_failure_percent: option(number({ min: 0, max: 100 }), {
    text: 'Share of failed rows, in percent of all rows, above which the batch ends as failed.',
    default: OPTION_DEFAULTS.tolerated_failure_percent,
    cli: { group: CARE, flag: '--tolerate', value: 'percent' },
  }),
  concurrency: option(wholeNumber({ min: 1, max: 1000 }), {
    text: 'Rows that run concurrently, from 1 to 1,000.',
    default: OPTION_DEFAULTS.concurrency,
    cli: { group: CARE, flag: '-c, --concurrency', value: 'rows' },
  }),
  priority: option(wholeNumber({ min: 1, max: 10 }), {
    text: '1 to 10: the share of the limits of the model that the batch gets beside other batches.',
    default: OPTION_DEFAULTS.priority,
    cli: { group: CARE, value: '1-10' },
  }),
  call_timeout_s: option(number({ above: 0, max: 3600 }, 'a number of seconds'), {
    text: 'Seconds that one model call may take; a call that takes longer is sent again.',
    without: "the agent's limits.call_timeout_s",
    cli: { group: CARE, flag: '--call-timeout', value: 'seconds' },
  }),
  timeout_s: option(number({ above: 0, max: 86_400 }, 'a number of seconds'), {
    text: 'Seconds that one attempt at a row may take, all its calls together. Waiting for a limit of the provider does not count.',
    without: "the agent's limits.timeout_s",
    cli: { group: CARE, flag: '--timeout', value: 'seconds' },
  }),
  max_sends: option(wholeNumber({ min: 1, max: 100 }, 'a whole number of times'), {
    text: 'How often one model call is sent at most, with its repeats after faults, before its row fails. Refusals for which all calls to the model wait do not count.',
    without: '8 times, and 25 times after refusals of that one call',
    cli: { group: CARE, value: 'times' },
  }),
  idempotency_key: option(z.string().min(1, 'is empty; give it a value of your own, or leave it out').max(200), {
    text: 'Any text of your choice: a second start with the same key returns the first batch and starts no other.',
    cli: { group: CARE, value: 'key' },
  }),
  spreadsheet_safe: option(z.boolean(), {
    text: 'Neutralise cells that a spreadsheet would run as formulas. Files only.',
    default: false,
    cli: { group: TABLE },
  }),
  bom: option(z.boolean(), {
    text: 'Start the output with a byte order mark, by which Excel recognises UTF-8. CSV and TSV only.',
    default: false,
    cli: { group: TABLE },
  }),
  out_delimiter: option(
    z.string().refine((text) => text === 'tab' || /^[^\p{L}\p{N}\s"]$/u.test(text) || text === '\t', {
      error: ({ input }) => `must be one character, such as ; or |, or tab, not ${JSON.stringify(input)}`,
    }),
    {
      text: 'The character between two fields of a CSV output; "tab" names the tab. (reading.delimiter is for the source.)',
      default: ',',
      without: 'a comma',
      cli: { group: TABLE, value: 'character' },
    },
  ),
  overwrite: option(z.boolean(), {
    text: 'Let the output replace an existing file. Without this option, an existing file is an error.',
    default: false,
    cli: { group: TABLE },
  }),
  allow_empty: option(z.boolean(), {
    text: 'Write an empty table for a source without rows. Without this option, a source without rows is an error.',
    default: false,
    cli: { group: TABLE },
  }),
  mode: option(oneOf(['auto', 'batch', 'realtime', 'fleet']), {
    text: 'How rows run: through the batch API of the provider (batch: half the price, within a day), immediately (realtime), immediately on the workers of a fleet (fleet), or the one that fits (auto: the batch API from batch_threshold rows on, for an agent without its own tools).',
    default: 'auto',
    cli: { group: BATCH_API, value: 'mode' },
  }),
  batch_threshold: option(wholeNumber({ min: 1 }), {
    text: 'Minimum number of rows for which auto uses the batch API.',
    default: OPTION_DEFAULTS.batch_threshold,
    cli: { group: BATCH_API, value: 'rows' },
  }),
  batch_deadline_hours: option(number({ above: 0 }, 'a number of hours'), {
    text: 'Hours after the first provider job. Requests without an answer by then are cancelled and run in real time.',
    without: "the provider's own limit",
    cli: { group: BATCH_API, flag: '--batch-deadline', value: 'hours' },
  }),
  fallback: option(z.boolean(), {
    text: 'Run rows in real time, at the full price, where the batch API fails or no provider job takes them, and answer by the fallback model of the agent where its model is not served. With false, auto means batch, the batch pauses instead, and only the model itself answers: only a sample costs the full price.',
    default: true,
    cli: {
      group: BATCH_API,
      flag: '--no-fallback',
      off: 'Run rows through the batch API only, and pause the batch where that fails or no provider job takes them: nothing but a sample costs the full price, and no fallback model answers.',
    },
  }),
  batch_job_requests: option(wholeNumber({ min: 1 }), {
    text: 'Maximum number of requests in one provider job.',
    without: "90 % of the provider's limit",
    cli: { group: BATCH_API, value: 'n' },
  }),
  batch_jobs: option(wholeNumber({ min: 1 }), {
    text: 'Maximum number of provider jobs at the same time.',
    default: OPTION_DEFAULTS.batch_jobs,
    cli: { group: BATCH_API, value: 'n' },
  }),
  cache: option(oneOf(['off', 'batch', 'all']), {
    text: 'Answer identical model requests from succeeded rows, at no cost: of this batch, or of all batches that cache. Tools are still called.',
    default: 'off',
    cli: { group: KEEPING, value: 'scope' },
  }),
  trace: option(oneOf(['all', 'failures', 'none']), {
    text: 'Which bodies of calls are kept after the batch has ended: all, those of failed attempts, or none.',
    default: 'all',
    cli: { group: KEEPING, value: 'which' },
  }),
  trace_days: option(number({ min: 0 }, 'a number of days'), {
    text: 'Days after the end of the batch when the kept bodies are deleted too.',
    without: 'they are kept permanently',
    cli: { group: KEEPING, value: 'days' },
  }),
});

export type BatchOptions = z.infer<typeof batchOptions>;

const { concurrency, max_cost_usd, priority, call_timeout_s, timeout_s, max_sends } = batchOptions.shape;

/** The options that can be changed on a batch that has not ended. */
export const batchTuning = strict({ concurrency, max_cost_usd, priority, call_timeout_s, timeout_s, max_sends });

/** Effective within two heartbeats of the batch's owner. */
export type BatchTuning = z.infer<typeof batchTuning>;

/** The names of the options that can be changed on a batch that has not ended. */
export const TUNED = Object.keys(batchTuning.shape) as (keyof BatchTuning)[];

/** What to write where a change names no option. */
export const NOTHING_TO_SET = `Nothing to set: give ${TUNED.slice(0, -1)
  .map((name) => `options.${name}`)
  .join(', ')} or options.${TUNED.at(-1)}`;
