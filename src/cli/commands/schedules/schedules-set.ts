import type { Command } from 'commander';
import { AppError } from '../../../base/errors.ts';
import { describeZodError } from '../../../base/schema/schema.ts';
import { type ScheduleReport, scheduleChange } from '../../../runner/contract/service/schedule.ts';
import { numberArgument } from '../../arguments/mapping-arguments.ts';
import { type CommandContext, newCommand } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { lineOf } from './schedule-text.ts';
import { actionOf, addWorkFlags, type WorkFlags } from './schedules-add.ts';

/** The word that removes a limit, or a time zone. */
const NONE = 'none';

/** A limit in dollars, or its removal. */
type Limit = number | typeof NONE;

interface SetArguments extends WorkFlags {
  cron?: string;
  timeZone?: string;
  maxCost?: Limit;
  accept?: Limit;
}

/** `rowmill schedules set`: changes when a schedule runs, what it starts and what that may cost. */
export function addSchedulesSet(schedules: Command, context: CommandContext): void {
  const command = newCommand(schedules, 'set', 'Change a schedule; what is not given stays')
    .argument('<name>', 'the name of the schedule')
    .option('--cron <expression>', 'minute, hour, day, month, weekday: "0 2 * * *"')
    .option('--time-zone <zone>', 'its IANA time zone; "none" for that of the server')
    .option('--max-cost <usd>', 'a cap over everything that one run starts; "none" removes it', limit('--max-cost'))
    .option('--accept <usd>', 'the estimate of one run that you accept; "none" removes it', limit('--accept'));
  addWorkFlags(command).action((name: string, given: SetArguments) =>
    context.run(async (output) => {
      const { schedules: own } = await context.app();
      const changed = await changeOf(given, () => own.show(name));
      const parsed = scheduleChange.safeParse(changed);
      if (parsed.error !== undefined) {
        throw new AppError('invalid_arguments', `${describeZodError(parsed.error).join('\n')}.`);
      }
      const schedule = await own.change(name, parsed.data);
      output.document({ schedule });
      output.line(lineOf(schedule));
      return EXIT.completed;
    }),
  );
}

/** @throws AppError `invalid_arguments` when nothing is given, or a flag of the other kind of work */
async function changeOf(given: SetArguments, before: () => Promise<ScheduleReport>): Promise<object> {
  const { cron, timeZone, maxCost, accept } = given;
  const change = {
    ...(cron !== undefined && { cron }),
    ...(timeZone !== undefined && { time_zone: orNull(timeZone) }),
    ...(maxCost !== undefined && { max_cost_usd: orNull(maxCost) }),
    ...(accept !== undefined && { accepted_usd: orNull(accept) }),
  };
  const work = await actionOf(given);
  if (work === undefined && Object.keys(change).length === 0) {
    throw new AppError('invalid_arguments', 'Nothing is changed: give --cron, --max-cost or another option.');
  }
  if (work === undefined) return change;
  if (work.type === 'run_batch') return { ...change, action: work };
  const { action } = await before();
  if (action.type === 'process_queues') return { ...change, action: { ...action, ...work } };
  throw new AppError(
    'invalid_arguments',
    'This schedule runs a batch; --agent, --mode and --capped-jobs-only are for jobs.',
  );
}

function limit(option: string): (text: string) => Limit {
  const parse = numberArgument(option, { min: 0 });
  return (text) => (text === NONE ? NONE : parse(text));
}

function orNull<Value>(given: Value | typeof NONE): Value | null {
  return given === NONE ? null : given;
}
