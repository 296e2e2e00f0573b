import * as z from 'zod';
import { strict } from '../../../base/schema/strict-object.ts';
import { answerFields, inlineAgent } from './inline-agent.ts';
import { inputMapping, outputMapping } from './mapping.ts';
import { batchOptions } from './options.ts';
import { readingOptions } from './reading.ts';

/** An agent of the registry. */
const agentTarget = strict({
  type: z.literal('agent').optional().describe('An agent of the registry; this is the default.'),
  name: z.string().min(1, 'must name an agent').describe('The name of the agent.'),
  version: z.string().min(1).describe('Exactly this version; without it, the newest.').exactOptional(),
  fields: answerFields
    .describe(
      "Fields of the answer in place of the agent's own. The plan reports how they differ. Fields without a difference change nothing.",
    )
    .exactOptional(),
});

/** An agent that the request itself defines. */
const inlineTarget = strict({
  type: z.literal('inline').describe('An agent that this request defines: a prompt and the fields of the answer.'),
  ...inlineAgent.shape,
});

/** The agent that runs over the rows. */
export const target = z
  .discriminatedUnion('type', [agentTarget, inlineTarget], { error: 'type must be "agent" or "inline"' })
  .describe('The agent that runs over the rows: one of the registry by its name, or one that is defined here.');

export type Target = z.output<typeof target>;

/** The output URI of a table that is only kept in `results/` of the data directory. */
export const KEPT_OUTPUT = '-';

/** Which earlier answers a batch keeps. */
export const continuation = strict({
  batch_id: z.string().min(1, 'names no batch').describe('The id of the earlier batch.'),
  key: z
    .string()
    .min(1, 'names no column')
    .describe(
      'The column that identifies a row in both tables: a row keeps its answer only from the row with the same value. Without it, from any row with the same input.',
    )
    .exactOptional(),
}).describe(
  'Continues an earlier batch of the same agent with a new or corrected table: rows whose input it has answered keep those answers at no cost, and only the others run.',
);

export type Continuation = z.infer<typeof continuation>;

/** A request for a batch. */
export const batchRequest = strict({
  csv_uri: z
    .string()
    .min(1, 'must name a table')
    .describe('The source table: a path, or an s3://, https:// or mongodb:// URI.'),
  reading: readingOptions.exactOptional(),
  target,
  input_mapping: inputMapping.exactOptional(),
  output_mapping: outputMapping.exactOptional(),
  output_uri: z
    .string()
    .min(1)
    .describe(
      'Where the output table goes: a path or an s3:// URI; mongodb://HOST/DATABASE/COLLECTION gets one result document a row, and the URI of the source collection with #FIELD gets each answer in that field of its document. Its extension chooses CSV, TSV, JSONL, JSON, XLSX or Parquet. Without it: for a single local file NAME.AGENT.csv beside it, in its format, never over a file; for everything else a file in results/ of the data directory, as with "-". ROWMILL_RESULTS changes where.',
    )
    .exactOptional(),
  name: z
    .string()
    .min(1)
    .max(200)
    .describe('A name to show beside the id of the batch; any text, need not be unique.')
    .exactOptional(),
  continues: continuation.exactOptional(),
  options: batchOptions.exactOptional(),
});

export type BatchRequest = z.infer<typeof batchRequest>;

const fallback = z
  .literal(true)
  .describe(
    'Let rows that fit no provider job run in real time, at the full price, although the batch was started with fallback off. Use it only when the person asks for it.',
  )
  .exactOptional();

/** How many rows a retry can name. */
const MOST_NAMED_ROWS = 1_000;

/** A request for a retry: failed rows of these codes, numbers or status (without them, all), under other limits. */
export const retryRequest = strict({
  codes: z
    .array(z.string().min(1))
    .min(1)
    .describe('Only rows that failed with one of these codes; without it, all failed rows.')
    .exactOptional(),
  row: z
    .int()
    .min(0)
    .describe(
      'Only this failed row, by its number from 0. In a batch that still runs or is paused it is queued again under the limits of the batch; then it takes no model and no limits.',
    )
    .exactOptional(),
  rows: z
    .array(z.int().min(0))
    .min(1)
    .max(MOST_NAMED_ROWS)
    .describe(`Only these failed rows, by their numbers from 0; at most ${MOST_NAMED_ROWS}. The batch must have ended.`)
    .exactOptional(),
  status: z
    .enum(['failed', 'queued'])
    .describe('failed: only failed rows; queued: only rows that were not run. Without it, both.')
    .exactOptional(),
  expected_rows: z
    .int()
    .min(1)
    .describe('How many rows are expected to run again: another number is refused, and nothing is changed.')
    .exactOptional(),
  model: z
    .string()
    .min(1)
    .describe("Another model for the new attempts: provider/model, or a model of the batch's provider.")
    .exactOptional(),
  max_cost_usd: batchOptions.shape.max_cost_usd,
  concurrency: batchOptions.shape.concurrency,
  fallback,
});

export type RetryRequest = z.infer<typeof retryRequest>;

/** The decisions and changes that a resume can carry. */
export const resumeRequest = strict({
  max_cost_usd: batchOptions.shape.max_cost_usd,
  concurrency: batchOptions.shape.concurrency,
  priority: batchOptions.shape.priority,
  fallback,
  resend_lost: z
    .boolean()
    .describe(
      'For resume: give up provider jobs that may or may not exist. Their requests are sent again and may be paid twice. Use it only when the person asks for it.',
    )
    .exactOptional(),
});

export type ResumeRequest = z.infer<typeof resumeRequest>;
