import type { Command } from 'commander';
import { AppError } from '../../base/errors.ts';
import { count, counted } from '../../base/figures.ts';
import { rowPlace } from '../../base/row-place.ts';
import { textOf } from '../../protocol/messages.ts';
import type { RenderedRow, TablePreview } from '../../runner/contract/request/preview.ts';
import type { App } from '../app.ts';
import { agentArgument, collect, mappingArgument, numberArgument } from '../arguments/mapping-arguments.ts';
import { addReadingFlags, type FlagValues, readingFlagsOf } from '../arguments/option-flags.ts';
import { addQuestionFlags, type QuestionFlags, questionOf } from '../arguments/question-arguments.ts';
import { TABLE_ARGUMENT, tableArgument } from '../arguments/table-argument.ts';
import type { CommandContext, Output } from '../command-context.ts';
import { EXIT } from '../exit-codes.ts';
import { listenForStop } from '../signals.ts';
import { cellText, manyLines, oneLine } from '../terminal/safe-text.ts';
import { layOutTable } from '../terminal/terminal-table.ts';

interface PreviewArguments extends FlagValues, QuestionFlags {
  row?: number;
  rows?: number;
  agent?: string;
  map?: string[];
}

/** `rowmill preview`: rows of a table at any place, or what one row sends to the model. Calls no model. */
export function addPreviewCommand(command: Command, context: CommandContext): void {
  command
    .argument('<table>', TABLE_ARGUMENT)
    .option('-r, --row <n>', 'the first row, from 0 (default 0)', numberArgument('--row', { integer: true, min: 0 }))
    .option('--rows <n>', 'how many rows (default 10)', numberArgument('--rows', { integer: true, min: 1, max: 1000 }))
    .option('-a, --agent <name[@version]>', 'show what this agent sends for the row, instead of the rows')
    .option('-m, --map <field=how>', 'fill an input field, as in "rowmill run"; repeat for more', collect);
  addReadingFlags(command);
  addQuestionFlags(command);
  command
    .addHelpText('after', HELP)
    .action((table: string, given: PreviewArguments) =>
      context.run((output) => preview(table, given, { context, output })),
    );
}

const HELP = `
With --agent, or with --prompt and --output, it shows the input, the messages and
the tokens of row --row, made as a batch makes them. Nothing is sent.

Examples:
  rowmill preview addresses.csv --row 100
  rowmill preview addresses.csv --row 100 --agent broadband-checker-structured-v2`;

async function preview(
  table: string,
  given: PreviewArguments,
  { context, output }: { context: CommandContext; output: Output },
): Promise<number> {
  const target = targetOf(given);
  const reading = readingFlagsOf(given);
  const app = await context.app();
  const source = await tableArgument(table, app, { context, output });
  const stop = listenForStop(context.signals, { onFirst: () => output.note('Stopping.'), onSecond: () => undefined });
  const read = { csv_uri: source.uri, ...(Object.keys(reading).length > 0 && { reading }) };
  try {
    if (target === undefined) {
      const page = { ...read, place: given.row ?? 0, limit: given.rows ?? 10 };
      const found = await app.preview(page, stop.signal);
      output.document(found);
      showRows(found, output);
    } else {
      const mapping = given.map === undefined ? {} : { input_mapping: mappingArgument(given.map) };
      const rendered = await app.runner.render({ ...read, ...mapping, target, row: given.row ?? 0 });
      output.document(rendered);
      showRendered(rendered, output);
    }
    return EXIT.completed;
  } finally {
    stop.close();
    await source.release();
  }
}

/** @throws AppError `invalid_arguments` for flags that belong to the other view */
function targetOf(given: PreviewArguments): Parameters<App['runner']['render']>[0]['target'] | undefined {
  const question = questionOf(given);
  if (question !== undefined && given.agent !== undefined)
    throw new AppError('invalid_arguments', 'Give --agent, or a question with --prompt and --output, not both.');
  const target =
    question !== undefined
      ? { type: 'inline' as const, ...question }
      : given.agent === undefined
        ? undefined
        : { type: 'agent' as const, ...agentArgument(given.agent) };
  if (target === undefined && given.map !== undefined)
    throw new AppError('invalid_arguments', '--map fills the input of an agent: add --agent.');
  if (target !== undefined && given.rows !== undefined)
    throw new AppError('invalid_arguments', 'With an agent one row is shown: leave out --rows.');
  return target;
}

function showRows({ columns, rows, row_count: total, next, warnings }: TablePreview, output: Output): void {
  const cells = rows.map(({ row, cells: own, fault }) =>
    fault === null ? [String(row), ...own.map(cellText)] : [String(row), oneLine(`can not be read: ${fault}`)],
  );
  const shown = [
    { title: 'row', align: 'right' as const, minWidth: 3 },
    ...columns.map((name) => ({ title: oneLine(name), minWidth: 8 })),
  ];
  if (rows.length === 0) output.line('There are no such rows.');
  else for (const text of layOutTable(shown, cells, { width: output.width, paint: output.paint })) output.line(text);
  for (const warning of warnings) output.line(output.paint('yellow', `! ${oneLine(warning)}`));
  if (total !== null) output.note(`The table has ${counted(total, 'row')}.`);
  if (next !== null) output.note(`More: add --row ${next}`);
}

function showRendered(found: RenderedRow, output: Output): void {
  const { paint } = output;
  const block = (title: string, text: string) => {
    output.line();
    output.line(paint('bold', title));
    for (const line of manyLines(text.trimEnd()).split('\n')) output.line(`  ${line}`);
  };
  output.line(`${oneLine(rowPlace(found))}: ${oneLine(found.agent)}, ${oneLine(found.model)}`);
  output.line(`about ${count(found.tokens)} tokens in the first call`);
  block('Mapping', JSON.stringify(found.input_mapping, null, 2));
  block('Input', JSON.stringify(found.input, null, 2));
  block('Instructions', found.instructions);
  for (const message of found.messages) block(`Message of the ${message.role}`, textOf(message.content));
  if (found.truncated_fields.length > 0) {
    output.line();
    output.line(paint('yellow', `! Too long, and cut: ${found.truncated_fields.map(oneLine).join(', ')}`));
  }
}
