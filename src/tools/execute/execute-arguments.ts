import * as z from 'zod';
import { strict } from '../../base/strict-object.ts';
import { inputMapping, outputMapping } from '../../runner/contract/mapping.ts';
import { exactlyOneSource, ONE_SOURCE, tableSource } from '../table-source.ts';

const target = strict({
  type: z.literal('agent').default('agent').describe('What runs over the rows: an agent of the registry.'),
  name: z.string().min(1, 'must name an agent').describe('The name of the agent.'),
  version: z.string().min(1).optional().describe('Exactly this version; the newest without it.'),
});

const options = strict({
  concurrency: z.int().min(1).max(1000).optional().describe('Rows at work at once, from 1 to 1,000. Default 10.'),
  sample: z.int().min(1).optional().describe('Run only this many rows, then pause, so that they can be looked at.'),
  max_cost_usd: z.number().positive().optional().describe('Pause before more than this many dollars are spent.'),
  priority: z
    .int()
    .min(1)
    .max(10)
    .optional()
    .describe('1 to 10: its share of the limits of the model beside other batches. Default 5.'),
  tolerated_failure_percent: z
    .number()
    .min(0)
    .max(100)
    .optional()
    .describe(
      'Share of failed rows, in percent of all rows, above which the batch ends as failed. Default 100: never.',
    ),
  cache: z
    .enum(['off', 'batch', 'all'])
    .optional()
    .describe(
      'Answer identical model requests from succeeded rows, at no cost: of this batch, or of all that cache. Default off.',
    ),
  mode: z
    .enum(['auto', 'batch', 'realtime'])
    .optional()
    .describe(
      'Through the batch API of the provider (half the price, within a day), at once, or whichever fits. Default auto: from batch_threshold rows on, for an agent without tools of its own.',
    ),
  batch_threshold: z.int().min(1).optional().describe('Rows from which on auto takes the batch API. Default 1,000.'),
  batch_deadline_hours: z
    .number()
    .positive()
    .optional()
    .describe('Hours after which what has no answer is cancelled and run in real time.'),
  fallback: z
    .boolean()
    .optional()
    .describe('Whether a fault of the batch API lets the rest run in real time. Default true; false pauses instead.'),
  batch_job_requests: z.int().min(1).optional().describe('Most requests of one job of the batch API.'),
  batch_jobs: z.int().min(1).optional().describe('Most jobs of the batch API at once. Default 20.'),
  overwrite: z
    .boolean()
    .optional()
    .describe('Let the output take the place of a file that is there already. Default false: that is refused.'),
  resend_lost: z
    .literal(true)
    .optional()
    .describe(
      'For resume: give up jobs of which it can not be told whether they exist. Their requests are sent again and may be paid twice: only at the wish of the person.',
    ),
  dry_run: z.boolean().optional().describe('Only validate and estimate; start and spend nothing.'),
  idempotency_key: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('Any text of your own: starting again with the same one returns the first batch instead of a second.'),
});

const retry = strict({
  codes: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('Only rows that failed with one of these codes; all failed rows without it.'),
  model: z
    .string()
    .min(1)
    .optional()
    .describe("Another model for the new attempts: provider/model, or a model of the batch's provider."),
});

const ACTIONS = ['start', 'pause', 'resume', 'cancel', 'retry', 'set'] as const;
type Action = (typeof ACTIONS)[number];

/** Which fields belong to which action, and which of the options. */
const TAKES: { [action in Action]: { fields: readonly string[]; options: readonly string[] | 'all' } } = {
  start: {
    fields: [
      ...['csv_uri', 'csv_s3_uri', 'target', 'input_mapping', 'output_mapping', 'output_uri', 'options'],
      'confirmation_token',
    ],
    options: 'all',
  },
  pause: { fields: ['batch_id'], options: [] },
  // A batch that its cap has paused goes on only with a higher one.
  resume: {
    fields: ['batch_id', 'options', 'confirmation_token'],
    options: ['max_cost_usd', 'concurrency', 'priority', 'resend_lost'],
  },
  cancel: { fields: ['batch_id'], options: [] },
  retry: {
    fields: ['batch_id', 'retry', 'options', 'confirmation_token'],
    options: ['max_cost_usd', 'concurrency'],
  },
  set: { fields: ['batch_id', 'options', 'confirmation_token'], options: ['max_cost_usd', 'concurrency', 'priority'] },
};

/** The arguments of `execute_batch_processor`; the refinement says which fields belong to which action. */
export const executeInput = strict({
  action: z
    .enum(ACTIONS)
    .default('start')
    .describe(
      'start (the default) begins a batch. The others take the batch_id of one: pause and resume; cancel for good; retry runs the failed rows of one that has ended again, and those that were not run; set changes options of one that goes on.',
    ),
  ...tableSource,
  target: target.optional().describe('What to run over the rows; for start.'),
  input_mapping: inputMapping.optional(),
  output_mapping: outputMapping.optional(),
  output_uri: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Where the output table goes: a path or an s3:// URI, whose extension chooses CSV, TSV, JSONL or Parquet; a file in results/ of the data directory without it.',
    ),
  options: options
    .optional()
    .describe('Limits and switches of the batch; resume, retry and set may change max_cost_usd and concurrency.'),
  retry: retry.optional().describe('Which rows a retry runs again, and with which model; for retry.'),
  batch_id: z.string().min(1).optional().describe('The batch that another action than start is for.'),
  confirmation_token: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe(
      'The token of an earlier answer with needs_confirmation, once the person has said yes to its estimate; with the same arguments.',
    ),
}).superRefine((args, context) => {
  const wrong = (message: string) => context.addIssue({ code: 'custom', message });
  const { action } = args;
  const { fields, options: allowed } = TAKES[action];
  if (action === 'start') {
    if (!exactlyOneSource(args)) wrong(`action "start" reads a table: ${ONE_SOURCE}`);
    if (args.target === undefined) wrong('action "start" needs a target: {"type": "agent", "name": "…"}');
  } else if (args.batch_id === undefined) wrong(`action "${action}" needs the batch_id of a batch`);
  if (action === 'set' && Object.keys(args.options ?? {}).length === 0)
    wrong('action "set" needs something to set: options.concurrency, options.max_cost_usd or options.priority');
  const extra = [
    ...Object.entries(args).flatMap(([name, value]) =>
      value === undefined || name === 'action' || name === 'options' || fields.includes(name) ? [] : [name],
    ),
    ...Object.keys(args.options ?? {}).flatMap((name) =>
      (allowed === 'all' && name !== 'resend_lost') || (allowed !== 'all' && allowed.includes(name))
        ? []
        : [`options.${name}`],
    ),
  ];
  if (extra.length === 0) return;
  if (action === 'start') {
    const others = ACTIONS.filter((name) =>
      extra.every((field) => [...TAKES[name].fields, 'options.resend_lost'].includes(field)),
    ).filter((name) => !extra.includes('options.resend_lost') || name === 'resume');
    wrong(`${extra.join(', ')} belongs to the actions ${others.join(', ')}; leave it out to start`);
  } else {
    const takes = [
      ...fields.filter((name) => name !== 'options'),
      ...(allowed === 'all' ? [] : allowed.map((name) => `options.${name}`)),
    ];
    wrong(`action "${action}" takes only ${takes.join(', ')}; leave out ${extra.join(', ')}`);
  }
});
