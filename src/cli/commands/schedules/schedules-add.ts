import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { AppError } from '../../../base/errors.ts';
import { parseJson } from '../../../base/exact-number.ts';
import { describeZodError } from '../../../base/schema.ts';
import { scheduleRequest } from '../../../runner/contract/schedule.ts';
import { type CommandContext, newCommand } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { numberArgument } from '../../mapping-arguments.ts';
import { lineOf } from './schedule-text.ts';

interface AddArguments {
  cron: string;
  timeZone?: string;
  agent?: string;
  request?: string;
  mode?: string;
  cappedJobsOnly?: boolean;
  maxCost?: number;
  accept?: number;
}

/** `rowmill schedules add`: processes queues, or runs the request of a file. */
export function addSchedulesAdd(schedules: Command, context: CommandContext): void {
  newCommand(schedules, 'add', 'Add a schedule: process waiting jobs, or run a batch')
    .argument('<name>', 'a name of your choice')
    .requiredOption('--cron <expression>', 'minute, hour, day, month, weekday: "0 2 * * *"')
    .option('--time-zone <zone>', 'its IANA time zone, such as Europe/Berlin (default: that of the server)')
    .option('--agent <agent>', 'process the jobs of this agent only')
    .option('--request <path>', 'run the batch of this file instead: a request as POST /v1/batches takes it, JSON')
    .option('--mode <mode>', 'auto, batch or realtime, for jobs (default auto)')
    .option('--capped-jobs-only', 'only jobs with a cap of their own')
    .option('--max-cost <usd>', 'a cap over everything that one run starts', numberArgument('--max-cost', { min: 0 }))
    .option('--accept <usd>', 'the estimate of one run that you accept', numberArgument('--accept', { min: 0 }))
    .action((name: string, given: AddArguments) =>
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

async function requestOf(name: string, given: AddArguments): Promise<unknown> {
  const { cron, timeZone, agent, request, mode, cappedJobsOnly, maxCost, accept } = given;
  const forJobs = {
    ...(agent !== undefined && { agent }),
    ...(mode !== undefined && { mode }),
    ...(cappedJobsOnly !== undefined && { capped_jobs_only: cappedJobsOnly }),
  };
  if (request !== undefined && Object.keys(forJobs).length > 0) {
    throw new AppError(
      'invalid_arguments',
      '--request runs a batch; --agent, --mode and --capped-jobs-only are for jobs.',
    );
  }
  return {
    ...{ name, cron },
    ...(timeZone !== undefined && { time_zone: timeZone }),
    action:
      request === undefined
        ? { type: 'process_queues', ...forJobs }
        : { type: 'run_batch', request: parseJson(await readFile(request, 'utf8')) },
    ...(maxCost !== undefined && { max_cost_usd: maxCost }),
    ...(accept !== undefined && { accepted_usd: accept }),
  };
}
