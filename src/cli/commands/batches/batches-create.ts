import type { Command } from 'commander';
import { AppError } from '../../../base/errors.ts';
import { counted } from '../../../base/figures.ts';
import { parseJson } from '../../../base/json/exact-number.ts';
import { type CollectRequest, collectRequest } from '../../../runner/contract/request/collect.ts';
import { commaSeparated, locationArgument } from '../../arguments/mapping-arguments.ts';
import { addFileReadingFlags, addOptionFlags } from '../../arguments/option-flags.ts';
import { addQuestionFlags, QUESTION_HELP } from '../../arguments/question-arguments.ts';
import {
  addAgentFlags,
  addMappingFlags,
  askedOfRows,
  noTarget,
  type RequestFlags,
} from '../../arguments/request-arguments.ts';
import { type CommandContext, newCommand, type Output } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { localPath } from '../../table-file.ts';

interface CreateArguments extends RequestFlags {
  columns?: string[];
  out?: string;
}

/** `rowmill batches create`: a batch without a table; its rows are appended, then it is run. */
export function addBatchesCreateCommand(batches: Command, context: CommandContext): void {
  const command = addAgentFlags(newCommand(batches, 'create', 'Create a batch without a table, to append rows to it'));
  command.option(
    '--columns <a,b>',
    'the columns of its rows, in order; \'["a, b", "c"]\' for names with commas',
    columnsOf,
  );
  addMappingFlags(command).option('-o, --out <location>', 'where to write the result table, as in "rowmill run"');
  addFileReadingFlags(command);
  addQuestionFlags(command);
  addOptionFlags(command);
  command
    .addHelpText('after', HELP)
    .action((given: CreateArguments) => context.run((output) => create(given, { context, output })));
}

const HELP = `${QUESTION_HELP}

Examples:
  rowmill batches create --agent query-classifier --columns message,customer
  rowmill batches append bat_… messages.csv
  rowmill batches run bat_…`;

async function create(
  { columns, out, ...given }: CreateArguments,
  { context, output }: { context: CommandContext; output: Output },
): Promise<number> {
  if (columns === undefined) {
    throw new AppError('invalid_arguments', 'Name the columns of the rows with --columns a,b.');
  }
  const { target, ...asked } = askedOfRows(given);
  const app = await context.app();
  if (target === undefined) throw noTarget(await app.registry.list());
  if (out !== undefined && app.server !== undefined && localPath(out) !== undefined) {
    const text = `--out ${out}: the server writes the table. Download it with: rowmill batches export BATCH --out ${out}`;
    throw new AppError('option_not_supported', text);
  }
  const uri = out === undefined ? {} : { output_uri: locationArgument(out, context.io.cwd) };
  const { report } = await app.runner.collect(checked({ columns, ...asked, target, ...uri }));
  output.document(report);
  output.line(`${report.batch_id} collects rows with ${counted(columns.length, 'column')}.`);
  output.note(`Append rows with: rowmill batches append ${report.batch_id} TABLE`);
  return EXIT.completed;
}

function checked(request: CollectRequest): CollectRequest {
  const { error, data } = collectRequest.pick({ columns: true }).safeParse({ columns: request.columns });
  if (error === undefined) return { ...request, ...data };
  throw new AppError('invalid_arguments', `--columns ${error.issues.map(({ message }) => message).join('; ')}.`);
}

/** `a,b`, or a list in JSON. */
function columnsOf(text: string): string[] {
  if (!text.trim().startsWith('[')) return commaSeparated(text);
  let names: unknown;
  try {
    names = parseJson(text);
  } catch (cause) {
    throw new AppError('invalid_arguments', '--columns starts as a list in JSON and is none.', { cause });
  }
  if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return names;
  throw new AppError('invalid_arguments', '--columns must be a list of names, such as ["a, b", "c"].');
}
