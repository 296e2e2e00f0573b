import * as z from 'zod';
import { inputMapping, outputMapping } from './mapping-arguments.ts';
import { exactlyOneSource, ONE_SOURCE, tableSource } from './table-source.ts';
import { strict } from './tool-schema.ts';

const target = strict({
  type: z.literal('agent').default('agent').describe('What runs over the rows: an agent of the registry.'),
  name: z.string().min(1, 'must name an agent').describe('The name of the agent.'),
  version: z.string().min(1).optional().describe('Exactly this version; the newest without it.'),
});

const options = strict({
  concurrency: z.int().min(1).max(1000).optional().describe('Rows at work at once, from 1 to 1,000. Default 10.'),
  sample: z.int().min(1).optional().describe('Run only this many rows, then pause, so that they can be looked at.'),
  max_cost_usd: z.number().positive().optional().describe('Pause before more than this many dollars are spent.'),
  tolerated_failure_percent: z
    .number()
    .min(0)
    .max(100)
    .optional()
    .describe(
      'Share of failed rows, in percent of all rows, above which the batch ends as failed. Default 100: never.',
    ),
  dry_run: z.boolean().optional().describe('Only validate and estimate; start and spend nothing.'),
  idempotency_key: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('Any text of your own: starting again with the same one returns the first batch instead of a second.'),
});

/** Fields that only a start takes. */
const OF_START = ['csv_uri', 'csv_s3_uri', 'target', 'input_mapping', 'output_mapping', 'output_uri'] as const;

/** Options that a resume may change: a batch that its cap has paused goes on only with a higher one. */
const OF_RESUME = ['max_cost_usd', 'concurrency'];

/** The arguments of `execute_batch_processor`; the refinement says which fields belong to which action. */
export const executeInput = strict({
  action: z
    .enum(['start', 'resume', 'cancel'])
    .default('start')
    .describe('start (the default) begins a batch; resume and cancel take the batch_id of one.'),
  ...tableSource,
  target: target.optional().describe('What to run over the rows; for start.'),
  input_mapping: inputMapping.optional(),
  output_mapping: outputMapping.optional(),
  output_uri: z
    .string()
    .min(1)
    .optional()
    .describe('Where the output table goes: a path or an s3:// URI; a file in the data directory without it.'),
  options: options
    .optional()
    .describe('Limits and switches of the batch; a resume may change max_cost_usd and concurrency.'),
  batch_id: z.string().min(1).optional().describe('The batch to resume or cancel.'),
}).superRefine((args, context) => {
  const wrong = (message: string) => context.addIssue({ code: 'custom', message });
  if (args.action === 'start') {
    if (!exactlyOneSource(args)) wrong(`action "start" reads a table: ${ONE_SOURCE}`);
    if (args.target === undefined) wrong('action "start" needs a target: {"type": "agent", "name": "…"}');
    if (args.batch_id !== undefined)
      wrong('batch_id belongs to the actions "resume" and "cancel"; leave it out to start');
    return;
  }
  if (args.batch_id === undefined) wrong(`action "${args.action}" needs the batch_id of a batch`);
  const isResume = args.action === 'resume';
  const allowed = isResume ? OF_RESUME : [];
  const extra = [
    ...OF_START.filter((field) => args[field] !== undefined),
    ...Object.keys(args.options ?? {}).flatMap((option) => (allowed.includes(option) ? [] : [`options.${option}`])),
  ];
  const takes = isResume ? `batch_id and options.${OF_RESUME.join(', options.')}` : 'batch_id';
  if (extra.length > 0) wrong(`action "${args.action}" takes only ${takes}; leave out ${extra.join(', ')}`);
});
