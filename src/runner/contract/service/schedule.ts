import * as z from 'zod';
import { strict } from '../../../base/schema/strict-object.ts';
import { shownError } from '../problem.ts';
import { batchRequest } from '../request/request.ts';
import { JOB_MODES } from './job.ts';

/** Processes the jobs that wait. */
const processQueues = strict({
  type: z.literal('process_queues').describe('Process the jobs that wait.'),
  agent: z.string().min(1, 'must name an agent').describe('Only the queues of this agent.').exactOptional(),
  mode: z
    .enum(JOB_MODES)
    .default('auto')
    .describe('auto: through the batch API where the agent fits, else in real time.'),
  capped_jobs_only: z
    .boolean()
    .default(false)
    .describe('Only jobs with a cap of their own run (max_cost_usd); the others wait for a person.'),
});

/** Runs a saved request. */
const runBatch = strict({
  type: z.literal('run_batch').describe('Run a batch over a table.'),
  request: batchRequest.describe(
    'The request. Its csv_uri may be a folder or a pattern: what it holds at that time is read. With options.cache "all", only rows that have not been answered before cost anything. Its output_uri needs {date}, {time}, {run} or, with new_files_only, {file}, since the place of one run is taken for the next; or options.overwrite.',
  ),
  new_files_only: z
    .boolean()
    .default(false)
    .describe(
      'Only files of the folder or pattern that this schedule has not read before: a batch of its own for each, at most 100 a run, which share the cap. A file is known by its place: one with new content under the same name is not new.',
    ),
});

/** What a schedule starts. */
export const scheduleAction = z
  .discriminatedUnion('type', [processQueues, runBatch], { error: 'type must be "process_queues" or "run_batch"' })
  .describe('What it starts.');

const maxCost = z
  .number()
  .positive()
  .describe('A cap in dollars over everything that one run starts: its batches pause before they spend more.');
const accepted = z
  .number()
  .nonnegative()
  .describe(
    'The estimate of one run that a person has accepted, in dollars: a run whose estimate is above 1.1 times of it fails and starts nothing.',
  );

/** What a schedule starts, and what a run of it may cost. */
export const scheduledWork = strict({
  action: scheduleAction,
  max_cost_usd: maxCost.exactOptional(),
  accepted_usd: accepted.exactOptional(),
}).superRefine(requireLimit);

export type ScheduledWork = z.output<typeof scheduledWork>;

const cron = z
  .string()
  .min(1)
  .max(100)
  .describe('When: minute, hour, day of the month, month and weekday, such as "0 2 * * *", or @daily and the like.');
const timeZone = z
  .string()
  .min(1)
  .max(60)
  .describe('The IANA time zone of the cron expression, such as Europe/Berlin.');

/** The name of a schedule. */
export const scheduleName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,59}$/, 'must consist of a-z, 0-9, - and _, and have at most 60 characters')
  .describe('The name of the schedule.');

/** A new schedule. */
export const scheduleRequest = strict({
  name: scheduleName,
  cron,
  time_zone: timeZone.describe('Its IANA time zone; without it, the zone of the server.').exactOptional(),
  ...scheduledWork.shape,
  enabled: z.boolean().default(true).describe('Whether it runs at its times.'),
}).superRefine(requireLimit);

export type ScheduleRequest = z.output<typeof scheduleRequest>;

/** A change of a schedule: fields that are left out stay. */
export const scheduleChange = strict({
  cron: cron.exactOptional(),
  time_zone: timeZone.nullable().describe('Its IANA time zone; null: the zone of the server.').exactOptional(),
  action: scheduleAction.exactOptional(),
  max_cost_usd: maxCost.nullable().exactOptional(),
  accepted_usd: accepted.nullable().exactOptional(),
});

export type ScheduleChangeRequest = z.output<typeof scheduleChange>;

/** A run in the history of a schedule. */
export const scheduleRunReport = z.object({
  run_id: z.number().describe('The number of the run.'),
  schedule: z.string().describe('The schedule.'),
  cause: z
    .enum(['time', 'catch-up', 'trigger'])
    .describe('time: it was due; catch-up: it was due while no server ran; trigger: somebody asked for it.'),
  due_at: z.string().describe('When it was due, ISO 8601.'),
  started_at: z.string().describe('ISO 8601.'),
  ended_at: z.string().nullable().describe('When its batches were started, or it failed, ISO 8601.'),
  state: z
    .enum(['running', 'succeeded', 'failed'])
    .describe('succeeded: its batches were started, if there was something to start; how they end is their status.'),
  batches: z
    .array(
      z.object({
        batch_id: z.string().describe('The batch.'),
        agent: z.string().nullable().describe('Its agent, as name@version.'),
        rows: z.number().nullable().describe('Its rows at the start; null when they were not counted yet.'),
        status: z.string().nullable().describe('Its status now; null when it was deleted.'),
        cost_usd: z
          .number()
          .nullable()
          .describe('What it cost so far; null when a price is unknown, or it was deleted.'),
      }),
    )
    .describe('What it started.'),
  error: shownError.nullable().describe('Why it failed; null when it did not.'),
});

export type ScheduleRunReport = z.infer<typeof scheduleRunReport>;

const inWords = z
  .string()
  .nullable()
  .describe('The cron expression in words; null for one that only its next times explain.');
const zone = z.string().describe('The IANA time zone that its times are in: its own, or that of the server.');

/** A cron expression whose times are asked for. */
export const scheduleTimesQuery = strict({
  cron,
  time_zone: timeZone.describe('Its IANA time zone; without it, the zone of the server.').optional(),
});

export type ScheduleTimesQuery = z.output<typeof scheduleTimesQuery>;

/** A cron expression as it is understood. */
export const scheduleTimes = z.object({
  in_words: inWords,
  zone,
  next: z.array(z.string()).describe('Its next five times, ISO 8601.'),
});

export type ScheduleTimes = z.infer<typeof scheduleTimes>;

/** A schedule as every face shows it. */
export const scheduleReport = z.object({
  name: z.string().describe('Its name.'),
  cron: z.string().describe('When it runs.'),
  in_words: inWords,
  time_zone: z.string().nullable().describe('Its time zone; null: the zone of the server.'),
  zone,
  enabled: z.boolean().describe('Whether it runs at its times.'),
  action: scheduleAction,
  max_cost_usd: z.number().nullable().describe('The cap of one run; null when an estimate was accepted instead.'),
  accepted_usd: z.number().nullable().describe('The accepted estimate of one run; null when there is none.'),
  next: z.array(z.string()).describe('Its next five times, ISO 8601; empty while it is stopped.'),
  last_run: scheduleRunReport.nullable().describe('Its latest run; null before the first one.'),
  owner: z.string().describe('The id of the caller in whose name it runs.'),
  created_at: z.string().describe('ISO 8601.'),
  updated_at: z.string().describe('ISO 8601.'),
});

export type ScheduleReport = z.infer<typeof scheduleReport>;

function requireLimit(
  { max_cost_usd: cap, accepted_usd: estimate }: { max_cost_usd?: number; accepted_usd?: number },
  context: z.RefinementCtx,
): void {
  if (cap !== undefined || estimate !== undefined) return;
  context.addIssue({
    code: 'custom',
    path: ['max_cost_usd'],
    message:
      'is missing: a schedule spends while nobody is asked. Set a cap in dollars, or accepted_usd to the estimate that a person accepts',
  });
}
