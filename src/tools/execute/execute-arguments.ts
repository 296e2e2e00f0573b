import * as z from 'zod';
import { strict } from '../../base/schema/strict-object.ts';
import { batchOptions, NOTHING_TO_SET, TUNED } from '../../runner/contract/request/options.ts';
import { batchRequest, resumeRequest, retryRequest } from '../../runner/contract/request/request.ts';
import { jobRequest } from '../../runner/contract/service/job.ts';
import { scheduleName, scheduleRequest } from '../../runner/contract/service/schedule.ts';
import { agentChoice, choiceFault } from '../agent-choice.ts';
import { exactlyOneSource, ONE_SOURCE, tableSource } from '../table-source.ts';

const { csv_uri: _csvUri, target: _target, options: _options, ...asked } = batchRequest.shape;
const { codes, row, model } = retryRequest.shape;

const options = strict({
  ...batchOptions.shape,
  resend_lost: resumeRequest.shape.resend_lost,
  dry_run: z.boolean().describe('Only validate and estimate; start and spend nothing.').exactOptional(),
});

const retry = strict({ codes, row, model });

/** A job as a model adds it: it sets no cap, under which jobs are processed where nobody is asked. */
const { max_cost_usd: _cap, accepted_usd: _accepted, ...spokenJob } = jobRequest.shape;

/** Jobs in one call: a model that talks writes them out. */
const MAX_SPOKEN_JOBS = 100;

const ACTIONS = [
  ...(['start', 'pause', 'resume', 'cancel', 'retry', 'set', 'enqueue', 'process', 'schedule', 'trigger'] as const),
  'unschedule',
] as const;
type Action = (typeof ACTIONS)[number];

const schedule = strict({
  name: scheduleName,
  cron: scheduleRequest.shape.cron.exactOptional(),
  time_zone: scheduleRequest.shape.time_zone,
  new_files_only: z
    .boolean()
    .describe('With a table: a batch for each file of the folder or pattern that the schedule has not read before.')
    .exactOptional(),
});

/** A schedule of the arguments; what it starts stands beside it. */
export type SpokenSchedule = z.output<typeof schedule>;

/** What a start takes, which a schedule can start too. */
const OF_START = ['csv_uri', 'csv_s3_uri', ...Object.keys(agentChoice), ...Object.keys(asked), 'options'];

/** The fields and the options that each action takes. */
const TAKES: { [action in Action]: { fields: readonly string[]; options: readonly string[] | 'all' } } = {
  start: {
    fields: [...OF_START, 'confirmation_token'],
    options: 'all',
  },
  pause: { fields: ['batch_id'], options: [] },
  // A batch that was paused by its cap resumes only with a higher cap.
  resume: {
    fields: ['batch_id', 'options', 'confirmation_token'],
    options: ['max_cost_usd', 'concurrency', 'priority', 'fallback', 'resend_lost'],
  },
  cancel: { fields: ['batch_id', 'row'], options: [] },
  retry: {
    fields: ['batch_id', 'retry', 'options', 'confirmation_token'],
    options: ['max_cost_usd', 'concurrency', 'fallback'],
  },
  enqueue: { fields: ['jobs'], options: [] },
  schedule: { fields: [...OF_START, 'queue', 'schedule', 'confirmation_token'], options: 'all' },
  trigger: { fields: ['schedule', 'confirmation_token'], options: [] },
  unschedule: { fields: ['schedule'], options: [] },
  process: { fields: ['queue', 'options', 'confirmation_token'], options: ['max_cost_usd'] },
  set: { fields: ['batch_id', 'options', 'confirmation_token'], options: TUNED },
};

/** The arguments of `execute_batch_processor`; the refinement says which fields belong to which action. */
export const executeInput = strict({
  action: z
    .enum(ACTIONS)
    .default('start')
    .describe(
      'start (the default) starts a batch. enqueue adds single inputs to the queues of their agents, at no cost; process runs the waiting jobs. schedule starts the same by itself at certain times: the batch over a table that is given as for start, else the waiting jobs; options.max_cost_usd is the cap of each run. With the name of a schedule it changes what is given, and starts a stopped one again. trigger runs a schedule now; unschedule stops it. The other actions need the batch_id of a batch: pause; resume; cancel stops it permanently, or only one row of it; retry runs, after its end, the failed rows again and the rows that were not run, or only one failed row, also before its end; set changes options while it is in progress.',
    ),
  ...tableSource,
  ...agentChoice,
  ...asked,
  options: options
    .optional()
    .describe(
      'Limits and switches of the batch; resume, retry and set may change max_cost_usd and concurrency, resume and set priority too, and set the limits of calls and rows (call_timeout_s, timeout_s, max_sends). resume and retry take fallback: true, which lets rows that fit no provider job run at the full price.',
    ),
  retry: retry.optional().describe('Which rows a retry runs again, and with which model; for retry.'),
  jobs: z
    .array(strict(spokenJob))
    .min(1)
    .max(MAX_SPOKEN_JOBS)
    .optional()
    .describe(`The jobs to enqueue, at most ${MAX_SPOKEN_JOBS}: one input for one agent each; for enqueue.`),
  queue: z
    .string()
    .min(1)
    .optional()
    .describe('Only the waiting jobs of this agent, by its name; without it, all. For process and schedule.'),
  schedule: schedule
    .optional()
    .describe('The schedule, for schedule, trigger and unschedule: its name; to add one, its cron expression too.'),
  row: z.int().min(0).optional().describe('For cancel: only this row, by its number from 0; the batch goes on.'),
  batch_id: z.string().min(1).optional().describe('The batch, for pause, resume, cancel, retry and set.'),
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
    const fault = choiceFault(args);
    if (fault !== undefined) wrong(`action "start" ${fault}`);
  } else if (action === 'enqueue') {
    if (args.jobs === undefined) wrong('action "enqueue" needs jobs');
  } else if (action === 'schedule' || action === 'trigger' || action === 'unschedule') {
    if (args.schedule === undefined) wrong(`action "${action}" needs schedule with its name`);
    else if (action === 'schedule') scheduleFaults(args, args.schedule).forEach(wrong);
    else if (Object.keys(args.schedule).length > 1) wrong(`action "${action}" takes only the name of the schedule`);
  } else if (action !== 'process' && args.batch_id === undefined)
    wrong(`action "${action}" needs the batch_id of a batch`);
  if (action === 'set' && Object.keys(args.options ?? {}).length === 0) wrong(NOTHING_TO_SET);
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

interface Source {
  csv_uri?: unknown;
  csv_s3_uri?: unknown;
}

/** What does not fit together in a schedule. */
function scheduleFaults(
  args: Parameters<typeof choiceFault>[0] & Source,
  { new_files_only: isPerFile }: SpokenSchedule,
): string[] {
  if (!readsTable(args)) return isPerFile === true ? ['schedule.new_files_only needs a table'] : [];
  const fault = choiceFault(args);
  return fault === undefined ? [] : [`action "schedule" with a table ${fault}`];
}

/** Whether a table is given, as a start needs one. */
export function readsTable(args: Source): boolean {
  return args.csv_uri !== undefined || args.csv_s3_uri !== undefined;
}
