import type { Command } from 'commander';
import { listByDefault } from '../../arguments/list-by-default.ts';
import { type CommandContext, newCommand, type Output } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { oneLine } from '../../terminal/safe-text.ts';
import { layOutTable } from '../../terminal/terminal-table.ts';
import { wrapText } from '../../terminal/word-wrap.ts';
import { lineOf, minuteOf, runLineOf, workOf } from './schedule-text.ts';
import { addSchedulesAdd } from './schedules-add.ts';
import { addSchedulesSet } from './schedules-set.ts';

/** Runs of the history that `show` prints. */
const SHOWN_RUNS = 10;

/** `rowmill schedules …`: what the server starts by itself. */
export function addSchedulesCommands(schedules: Command, context: CommandContext): void {
  schedules.helpCommand(false);
  newCommand(schedules, 'list', 'List the schedules with their next times').action(() =>
    context.run((output) => listSchedules({ context, output })),
  );
  addSchedulesAdd(schedules, context);
  addSchedulesSet(schedules, context);
  newCommand(schedules, 'show', 'Show a schedule: its next five times and its history')
    .argument('<name>', 'the name of the schedule')
    .action((name: string) => context.run((output) => showSchedule(name, { context, output })));
  for (const [act, text] of [
    ['start', 'Let a schedule run at its times'],
    ['stop', 'Stop a schedule; it can still be triggered'],
  ] as const) {
    newCommand(schedules, act, text)
      .argument('<name>', 'the name of the schedule')
      .action((name: string) =>
        context.run(async (output) => {
          const schedule = await (await context.app()).schedules[act](name);
          output.document({ schedule });
          output.line(lineOf(schedule));
          return EXIT.completed;
        }),
      );
  }
  newCommand(schedules, 'times', 'Show what a cron expression means: in words, and its next five times')
    .argument('<cron>', 'minute, hour, day of the month, month and weekday, such as "0 2 * * *"')
    .option('--time-zone <zone>', 'the IANA time zone of the expression (default: that of the server)')
    .action((cron: string, given: { timeZone?: string }) =>
      context.run(async (output) => {
        const { timeZone: time_zone } = given;
        const app = await context.app();
        const times = await app.schedules.times({ cron, ...(time_zone !== undefined && { time_zone }) });
        output.document(times);
        output.line(`${times.in_words ?? oneLine(cron)} (${oneLine(times.zone)})`);
        for (const next of times.next) output.line(`  ${minuteOf(next)} (UTC)`);
        return EXIT.completed;
      }),
    );
  newCommand(schedules, 'trigger', 'Run a schedule now')
    .argument('<name>', 'the name of the schedule')
    .action((name: string) => context.run((output) => triggerSchedule(name, { context, output })));
  newCommand(schedules, 'delete', 'Delete a schedule with its history')
    .argument('<name>', 'the name of the schedule')
    .action((name: string) =>
      context.run(async (output) => {
        await (await context.app()).schedules.remove(name);
        output.document({ deleted: name });
        output.line(`The schedule ${oneLine(name)} is deleted. Batches that it started go on.`);
        return EXIT.completed;
      }),
    );
  listByDefault(schedules, context, (output) => listSchedules({ context, output }));
}

interface Face {
  context: CommandContext;
  output: Output;
}

async function listSchedules({ context, output }: Face): Promise<number> {
  const schedules = await (await context.app()).schedules.list();
  output.document({ schedules });
  const { paint, width } = output;
  const hasRun = schedules.some(({ last_run: last }) => last !== null);
  const columns = [
    { title: 'name', minWidth: 8, paint: (text: string) => paint('cyan', text) },
    { title: 'cron', minWidth: 9 },
    { title: 'time zone', minWidth: 6 },
    { title: 'next (UTC)', minWidth: 16 },
    ...(hasRun ? [{ title: 'last run', minWidth: 8 }] : []),
    { title: 'starts', minWidth: 8 },
  ];
  const rows = schedules.map((schedule) => [
    ...[oneLine(schedule.name), oneLine(schedule.cron), oneLine(schedule.time_zone ?? 'local')],
    schedule.enabled ? minuteOf(schedule.next[0]) : 'stopped',
    ...(hasRun ? [schedule.last_run?.state ?? ''] : []),
    oneLine(workOf(schedule)),
  ]);
  if (rows.length === 0) output.line('There are no schedules. "rowmill schedules add" adds one.');
  else for (const text of layOutTable(columns, rows, { width, paint })) output.line(text);
  return EXIT.completed;
}

async function showSchedule(name: string, { context, output }: Face): Promise<number> {
  const { schedules } = await context.app();
  const schedule = await schedules.show(name);
  const runs = await schedules.history(name, { limit: SHOWN_RUNS });
  output.document({ schedule, runs });
  for (const line of wrapText(lineOf(schedule), output.textWidth)) output.line(line);
  output.line(`  starts  ${oneLine(workOf(schedule))}`);
  for (const [index, time] of schedule.next.entries()) output.line(`  ${index === 0 ? 'next  ' : '      '}  ${time}`);
  for (const run of runs) {
    for (const line of wrapText(runLineOf(run), output.textWidth - 2)) output.line(`  ${line}`);
  }
  return EXIT.completed;
}

async function triggerSchedule(name: string, { context, output }: Face): Promise<number> {
  const app = await context.app();
  const run = await app.schedules.trigger(name);
  output.document({ run });
  output.line(runLineOf(run));
  if (run.batches.length > 0) await app.ensureDetachedRunner();
  return run.state === 'failed' ? EXIT.invalid : EXIT.completed;
}
