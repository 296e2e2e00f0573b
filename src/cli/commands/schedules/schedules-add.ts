import type { Command } from 'commander';
import { AppError } from '../../../base/errors.ts';
import { describeZodError } from '../../../base/schema/schema.ts';
import { scheduleRequest } from '../../../runner/contract/service/schedule.ts';
import { numberArgument } from '../../arguments/mapping-arguments.ts';
import { jsonFile } from '../../arguments/text-file.ts';
import { type CommandContext, newCommand } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { lineOf } from './schedule-text.ts';

/** The flags that say what a schedule starts. */
export interface WorkFlags {
  agent?: string;
  request?: string;
  mode?: string;
  cappedJobsOnly?: boolean;
  newFilesOnly?: boolean;
}

interface AddArguments extends WorkFlags {
  cron: string;
  timeZone?: string;
  maxCost?: number;
  accept?: number;
}

/** `rowmill schedules add`: processes queues, or runs the request of a file. */
export function addSchedulesAdd(schedules: Command, context: CommandContext): void {
  const command = newCommand(schedules, 'add', 'Add a schedule: process waiting jobs, or run a batch')
    .argument('<name>', 'a name of your choice')
    .requiredOption('--cron <expression>', 'minute, hour, day, month, weekday: "0 2 * * *"')
    .option('--time-zone <zone>', 'its IANA time zone, such as Europe/Berlin (default: that of the server)')
    .option('--max-cost <usd>', 'a cap over everything that one run starts', numberArgument('--max-cost', { min: 0 }))
    .option('--accept <usd>', 'the estimate of one run that you accept', numberArgument('--accept', { min: 0 }));
  addWorkFlags(command).action((name: string, given: AddArguments) =>
    context.run(async (output) => {
      const parsed = scheduleRequest.safeParse(await requestOf(name, given));
      if (parsed.error !== undefined) {
        throw new AppError('invalid_arguments', `${describeZodError(parsed.error).join('\n')}.`);
      }
      const schedule = await (await context.app()).schedules.add(parsed.data);
      output.document({ schedule });
      output.line(lineOf(schedule));
      return EXIT.completed;
    }),
  );
}

/** Adds the flags of {@link WorkFlags}. */
export function addWorkFlags(command: Command): Command {
  return command
    .option('--agent <agent>', 'process the jobs of this agent only')
    .option('--request <path>', 'run the batch of this file instead: a request as POST /v1/batches takes it, JSON')
    .option('--new-files-only', 'with --request: a batch for each file that the schedule has not read before')
    .option('--mode <mode>', 'auto, batch or realtime, for jobs (default auto)')
    .option('--capped-jobs-only', 'only jobs with a cap of their own');
}

async function requestOf(name: string, given: AddArguments): Promise<unknown> {
  const { cron, timeZone, maxCost, accept } = given;
  return {
    ...{ name, cron },
    ...(timeZone !== undefined && { time_zone: timeZone }),
    action: (await actionOf(given)) ?? { type: 'process_queues' },
    ...(maxCost !== undefined && { max_cost_usd: maxCost }),
    ...(accept !== undefined && { accepted_usd: accept }),
  };
}

/**
 * What the flags start; undefined when none of them is given.
 * @throws AppError `invalid_arguments` when they are for different kinds of work, or the file is no JSON
 */
export async function actionOf(given: WorkFlags): Promise<WorkAction | undefined> {
  const { agent, request, mode, cappedJobsOnly, newFilesOnly } = given;
  const forJobs = {
    ...(agent !== undefined && { agent }),
    ...(mode !== undefined && { mode }),
    ...(cappedJobsOnly !== undefined && { capped_jobs_only: cappedJobsOnly }),
  };
  const isForJobs = Object.keys(forJobs).length > 0;
  if (request === undefined && newFilesOnly === true)
    throw new AppError('invalid_arguments', '--new-files-only belongs to a batch: add --request.');
  if (request === undefined) return isForJobs ? { type: 'process_queues', ...forJobs } : undefined;
  const forBatch = newFilesOnly === undefined ? {} : { new_files_only: newFilesOnly };
  if (!isForJobs) return { type: 'run_batch', request: await jsonFile(request, `--request ${request}`), ...forBatch };
  throw new AppError(
    'invalid_arguments',
    '--request runs a batch; --agent, --mode and --capped-jobs-only are for jobs.',
  );
}

/** Work as flags give it; the contract checks it. */
type WorkAction = { type: 'process_queues' } | { type: 'run_batch'; request: unknown };
