import type { ToolContext } from '../../agent/tool.ts';
import { AppError } from '../../base/errors.ts';
import { dollars } from '../../base/figures.ts';
import { describeZodError } from '../../base/schema/schema.ts';
import type { Json } from '../../protocol/messages.ts';
import type { BatchRequest } from '../../runner/contract/request/request.ts';
import {
  type ScheduleChangeRequest,
  type ScheduleReport,
  scheduleChange,
  scheduleRequest,
} from '../../runner/contract/service/schedule.ts';
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

/**
 * Adds a schedule; changes the one with this name, and starts it again. A person always agrees first: it spends while
 * nobody is asked.
 */
export async function keepSchedule(asked: AskedSchedule, parts: ScheduleActionParts): Promise<ExecuteOutput> {
  const before = (await parts.schedules.list()).find(({ name }) => name === asked.schedule.name);
  if (before !== undefined) return changeSchedule(before, asked, parts);
  if (asked.schedule.cron !== undefined) return addSchedule(asked, parts);
  const text = `There is no schedule "${asked.schedule.name}" yet: action "schedule" needs schedule.cron, such as "0 2 * * *", to add it.`;
  throw new AppError('invalid_arguments', text);
}

async function addSchedule(asked: AskedSchedule, parts: ScheduleActionParts): Promise<ExecuteOutput> {
  const { schedules, context } = parts;
  const wanted = scheduleRequest.safeParse(wantedOf(asked));
  if (wanted.error !== undefined)
    throw new AppError('invalid_arguments', `${describeZodError(wanted.error).join('; ')}.`);
  const { name, cron, time_zone: zone, max_cost_usd: cap = 0 } = wanted.data;
  const spend = {
    request: { action: 'schedule', schedule: JSON.parse(JSON.stringify(wanted.data)) } as Json,
    title: `Add the schedule ${name}: ${await runsOf({ cron, zone, action: wanted.data.action, cap }, schedules)}`,
    ...{ expectedUsd: cap, batchId: `schedule:${name}`, spentUsd: 0, token: asked.token, said: context.said },
    key: `call:${context.idempotencyKey}`,
  };
  const needed = await neededConfirmation(spend, { ...parts, confirmAboveUsd: 0 });
  if (needed !== undefined) return askFirst(describeNoBatch('schedule'), needed);
  const added = await schedules.add(wanted.data);
  return describeKept(added, `The schedule ${name} is added.`);
}

async function changeSchedule(
  before: ScheduleReport,
  asked: AskedSchedule,
  parts: ScheduleActionParts,
): Promise<ExecuteOutput> {
  const { schedules, context } = parts;
  const { name } = before;
  const change = changeOf(asked);
  const isChanged = Object.keys(change).length > 0;
  if (!isChanged && before.enabled) return describeKept(before, `The schedule ${name} is started already.`);
  const { cron = before.cron, time_zone: zone = before.time_zone ?? undefined, action = before.action } = change;
  const cap = change.max_cost_usd ?? before.max_cost_usd ?? before.accepted_usd ?? 0;
  const spend = {
    request: { action: 'schedule', name, updated_at: before.updated_at, change } as Json,
    title: `${isChanged ? 'Change' : 'Start'} the schedule ${name}: ${await runsOf({ cron, zone, action, cap }, schedules)}`,
    ...{ expectedUsd: cap, batchId: `schedule:${name}`, spentUsd: 0, token: asked.token, said: context.said },
    key: `call:${context.idempotencyKey}`,
  };
  const needed = await neededConfirmation(spend, { ...parts, confirmAboveUsd: 0 });
  if (needed !== undefined) return askFirst(describeNoBatch('schedule'), needed);
  if (isChanged) await schedules.change(name, change);
  const started = await schedules.start(name);
  return describeKept(started, `The schedule ${name} is ${isChanged ? 'changed' : 'started'}.`);
}

/** The fields that are given for a schedule that exists. */
function changeOf({ schedule, request, queue, cap }: AskedSchedule): ScheduleChangeRequest & { time_zone?: string } {
  const { cron, time_zone: zone, new_files_only: isPerFile } = schedule;
  const isNew = request !== undefined || queue !== undefined;
  const parsed = scheduleChange.safeParse({
    ...(cron !== undefined && { cron }),
    ...(zone !== undefined && { time_zone: zone }),
    ...(cap !== undefined && { max_cost_usd: cap }),
    ...(isNew && { action: actionOf({ request, queue, isPerFile }) }),
  });
  if (parsed.error !== undefined)
    throw new AppError('invalid_arguments', `${describeZodError(parsed.error).join('; ')}.`);
  return JSON.parse(JSON.stringify(parsed.data)) as ScheduleChangeRequest & { time_zone?: string };
}

function describeKept(schedule: ScheduleReport, what: string): ExecuteOutput {
  return {
    ...describeNoBatch('schedule'),
    summary: `${what} It runs next at ${schedule.next[0] ?? 'no time'}.`,
    next_step: 'Tell the person. Schedules run while "rowmill serve" runs; action "unschedule" stops one.',
    schedule: shownSchedule(schedule),
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
    next_step: 'Tell the person. Action "schedule" with its name starts it again.',
    schedule: shownSchedule(stopped),
  };
}

function wantedOf({ schedule, request, queue, cap }: AskedSchedule): unknown {
  const { name, cron, time_zone, new_files_only: isPerFile } = schedule;
  return {
    ...{ name, cron },
    ...(time_zone !== undefined && { time_zone }),
    ...(cap !== undefined && { max_cost_usd: cap }),
    action: actionOf({ request, queue, isPerFile }),
  };
}

function actionOf({
  request,
  queue,
  isPerFile,
}: Pick<AskedSchedule, 'request' | 'queue'> & { isPerFile: boolean | undefined }) {
  if (request === undefined) return { type: 'process_queues', ...(queue !== undefined && { agent: queue }) };
  return { type: 'run_batch', request, ...(isPerFile !== undefined && { new_files_only: isPerFile }) };
}

/** When a schedule runs, what it starts, and what that may cost. */
async function runsOf(
  {
    cron,
    zone,
    action,
    cap,
  }: { cron: string; zone: string | undefined; action: ScheduleReport['action']; cap: number },
  schedules: Schedules,
): Promise<string> {
  const times = await schedules.times({ cron, ...(zone !== undefined && { time_zone: zone }) });
  const words = times.in_words ?? `at the times of "${cron}"`;
  return `${words} (${times.zone}) ${startsOf(action)}, for at most ${dollars(cap)} each time, without asking`;
}

function startsOf(action: ScheduleReport['action']): string {
  if (action.type === 'run_batch') {
    const { target, csv_uri: uri } = action.request;
    const agent = target.type === 'inline' ? 'a question' : target.name;
    return `runs ${agent} over ${action.new_files_only ? 'each new file of ' : ''}${uri}`;
  }
  return `processes the waiting jobs${action.agent === undefined ? '' : ` of ${action.agent}`}`;
}
