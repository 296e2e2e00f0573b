import type { ToolContext } from '../../agent/tool.ts';
import { AppError } from '../../base/errors.ts';
import { dollars } from '../../base/figures.ts';
import { describeZodError } from '../../base/schema/schema.ts';
import type { Json } from '../../protocol/messages.ts';
import type { BatchRequest } from '../../runner/contract/request/request.ts';
import { type ScheduleReport, scheduleRequest } from '../../runner/contract/service/schedule.ts';
import type { Schedules } from '../../schedules/schedules.ts';
import { shownSchedule } from '../show/describe-schedules.ts';
import { askFirst, neededConfirmation, notSpent, type SpendingParts } from './confirm-spending.ts';
import type { SpokenSchedule } from './execute-arguments.ts';
import { describeNoBatch, type ExecuteOutput } from './execute-output.ts';

/** The parts that the actions on schedules require. */
export interface ScheduleActionParts extends SpendingParts {
  schedules: Schedules;
  context: Pick<ToolContext, 'idempotencyKey' | 'said'>;
}

/** A schedule as it was spoken of: a saved request, or the queues of one agent or of all. */
export interface AskedSchedule {
  schedule: SpokenSchedule;
  request: BatchRequest | undefined;
  queue: string | undefined;
  cap: number | undefined;
  token: string | undefined;
}

/** Adds a schedule. A person always agrees to it first: it spends while nobody is asked. */
export async function addSchedule(asked: AskedSchedule, parts: ScheduleActionParts): Promise<ExecuteOutput> {
  const { schedules, context } = parts;
  const wanted = scheduleRequest.safeParse(wantedOf(asked));
  if (wanted.error !== undefined)
    throw new AppError('invalid_arguments', `${describeZodError(wanted.error).join('; ')}.`);
  const { name, cron, time_zone: zone, max_cost_usd: cap = 0 } = wanted.data;
  const times = schedules.times({ cron, ...(zone !== undefined && { time_zone: zone }) });
  const words = times.in_words ?? `at the times of "${cron}"`;
  const spend = {
    request: { action: 'schedule', schedule: JSON.parse(JSON.stringify(wanted.data)) } as Json,
    title: `Add the schedule ${name}: ${words} (${times.zone}) ${startsOf(wanted.data.action)}, for at most ${dollars(cap)} each time, without asking`,
    ...{ expectedUsd: cap, batchId: `schedule:${name}`, spentUsd: 0, token: asked.token, said: context.said },
    key: `call:${context.idempotencyKey}`,
  };
  const needed = await neededConfirmation(spend, { ...parts, confirmAboveUsd: 0 });
  if (needed !== undefined) return askFirst(describeNoBatch('schedule'), needed);
  const added = await schedules.add(wanted.data);
  return {
    ...describeNoBatch('schedule'),
    summary: `The schedule ${name} is added. It runs next at ${added.next[0] ?? 'no time'}.`,
    next_step: 'Tell the person. Schedules run while "rowmill serve" runs; action "unschedule" stops one.',
    schedule: shownSchedule(added),
  };
}

/** Runs a schedule now, once a person has agreed to its cap where that is needed. */
export async function triggerSchedule(
  { name, token }: { name: string; token: string | undefined },
  parts: ScheduleActionParts,
): Promise<ExecuteOutput> {
  const { schedules, context } = parts;
  const before = await schedules.show(name);
  const expectedUsd = before.max_cost_usd ?? before.accepted_usd;
  const spend = {
    request: { action: 'trigger', name, updated_at: before.updated_at } as Json,
    title: `Run the schedule ${name} now: it ${startsOf(before.action)}, for at most ${dollars(expectedUsd)}`,
    ...{ expectedUsd, batchId: `schedule:${name}`, spentUsd: 0, token, said: context.said },
    key: `call:${context.idempotencyKey}`,
  };
  const needed = await neededConfirmation(spend, parts);
  if (needed !== undefined) return askFirst(describeNoBatch('trigger'), needed);
  const run = await schedules.trigger(name).catch(async (thrown: unknown) => {
    await notSpent(spend, parts);
    throw thrown;
  });
  const ids = run.batches.map(({ batch_id }) => batch_id);
  const what = ids.length === 0 ? 'started nothing' : `started ${ids.join(', ')}`;
  return {
    ...describeNoBatch('trigger'),
    summary: `The schedule ${name} ${what}${run.error === null ? '' : `. ${run.error.code}: ${run.error.message}`}.`,
    next_step: ids.length === 0 ? 'Tell the person.' : 'Call monitor_batch_execution with the batch_id.',
    started: ids.length > 0,
    batch_id: ids.length === 1 ? (ids[0] ?? null) : null,
    schedule: shownSchedule(await schedules.show(name)),
  };
}

/** Stops a schedule: it spends nothing from then on. */
export async function stopSchedule(name: string, schedules: Schedules): Promise<ExecuteOutput> {
  const stopped = await schedules.stop(name);
  return {
    ...describeNoBatch('unschedule'),
    summary: `The schedule ${name} is stopped. Batches that it started go on.`,
    next_step: `Tell the person. "rowmill schedules start ${name}" starts it again.`,
    schedule: shownSchedule(stopped),
  };
}

function wantedOf({ schedule, request, queue, cap }: AskedSchedule): unknown {
  const { name, cron, time_zone, new_files_only } = schedule;
  return {
    ...{ name, cron },
    ...(time_zone !== undefined && { time_zone }),
    ...(cap !== undefined && { max_cost_usd: cap }),
    action:
      request === undefined
        ? { type: 'process_queues', ...(queue !== undefined && { agent: queue }) }
        : { type: 'run_batch', request, ...(new_files_only !== undefined && { new_files_only }) },
  };
}

function startsOf(action: ScheduleReport['action']): string {
  if (action.type === 'run_batch') {
    const { target, csv_uri: uri } = action.request;
    const agent = target.type === 'inline' ? 'a question' : target.name;
    return `runs ${agent} over ${action.new_files_only ? 'each new file of ' : ''}${uri}`;
  }
  return `processes the waiting jobs${action.agent === undefined ? '' : ` of ${action.agent}`}`;
}
