import type { Command } from 'commander';
import type { AgentDefinition } from '../../agent/definition.ts';
import { AppError } from '../../base/errors.ts';
import { resolveAgent } from '../../registry/registry.ts';
import type { Given } from '../../runner/contract/report/tried-run.ts';
import type { App } from '../app.ts';
import { collect, locationArgument, mappingArgument, numberArgument } from '../arguments/mapping-arguments.ts';
import { addReadingFlags, type FlagValues, readingArguments, readingFlagsOf } from '../arguments/option-flags.ts';
import { addQuestionFlags, QUESTION_HELP, type QuestionFlags, questionOf } from '../arguments/question-arguments.ts';
import type { CommandContext, Output } from '../command-context.ts';
import { EXIT } from '../exit-codes.ts';
import { listenForStop } from '../signals.ts';
import { oneLine } from '../terminal/safe-text.ts';
import { triedLines } from '../terminal/trace-text.ts';

interface TryArguments extends QuestionFlags, FlagValues {
  input?: string[];
  table?: string;
  row?: number;
  map?: string[];
}

/** `rowmill try AGENT`: runs an agent, or a question, once and shows its calls and their cost. Exits 3 when it fails. */
export function addTryCommand(command: Command, context: CommandContext): void {
  command
    .argument('[agent]', 'the agent, as NAME or NAME@VERSION; none for a question with --prompt')
    .argument('[message]', 'a message, for an agent without a prompt of its own')
    .option('-i, --input <field=value>', 'an input field, or a column of the question; repeat for more', collect)
    .option('-t, --table <location>', 'take the input from a row of this table')
    .option('-r, --row <number>', 'which row, from 0 (default 0)', numberArgument('--row', { integer: true, min: 0 }))
    .option('-m, --map <field=how>', 'fill an input field from the row, as in "rowmill run"; repeat for more', collect);
  addReadingFlags(command);
  addQuestionFlags(command);
  command
    .addHelpText('after', HELP)
    .action((agent: string | undefined, message: string | undefined, given: TryArguments) =>
      context.run((output) => tryOnce({ agent, message, given }, { context, output })),
    );
}

const HELP = `${QUESTION_HELP}

Examples:
  rowmill try query-classifier 'Where is my parcel?'
  rowmill try broadband-checker-structured-v2 --table addresses.csv --row 2
  rowmill try --prompt 'Topic of {message}' --output topic:billing|other --input message='My bill is wrong'`;

interface Asked {
  agent: string | undefined;
  message: string | undefined;
  given: TryArguments;
}

async function tryOnce(
  asked: Asked,
  { context, output }: { context: CommandContext; output: Output },
): Promise<number> {
  const start = givenOf(asked, context.io.cwd);
  const app = await context.app();
  const agent = await agentOf(asked, app, output);
  const table = 'table' in start ? await app.transfer.send(start.table) : undefined;
  const given = table === undefined ? start : { ...start, table: table.uri };
  const stop = listenForStop(context.signals, { onFirst: () => output.note('Stopping.'), onSecond: () => undefined });
  try {
    const tried = await app.tryAgent(agent, { given, signal: stop.signal });
    output.document(tried);
    for (const line of triedLines(tried, output)) output.line(line);
    return tried.status === 'succeeded' ? EXIT.completed : EXIT.rowsFailed;
  } finally {
    stop.close();
    await table?.remove();
  }
}

async function agentOf({ agent, given }: Asked, app: App, output: Output): Promise<AgentDefinition> {
  const question = questionOf(given);
  if (question === undefined) {
    if (agent !== undefined) return resolveAgent(app.registry, agent);
    throw new AppError('invalid_arguments', 'Name an agent (rowmill agents list), or ask with --prompt and --output.');
  }
  if (agent !== undefined) throw new AppError('invalid_arguments', 'Name an agent or ask with --prompt, not both.');
  const defined = await app.runner.define(question);
  for (const warning of defined.warnings) output.note(oneLine(warning));
  return defined.agent;
}

/** Exactly one of a message, fields and a row of a table. */
function givenOf({ message, given }: Asked, cwd: string): Given {
  const ways = [message, given.input, given.table].filter((way) => way !== undefined);
  if (ways.length !== 1) {
    throw new AppError(
      'invalid_arguments',
      'Give one of a message, --input field=value, and --table LOCATION --row N.',
    );
  }
  if (message !== undefined) return { message };
  const reading = readingFlagsOf(given);
  if (given.table === undefined && Object.keys(reading).length > 0) {
    throw new AppError(
      'invalid_arguments',
      `${readingArguments(reading)[0]} belongs to --table: it says how a table is read.`,
    );
  }
  const mapping = given.map === undefined ? {} : { mapping: mappingArgument(given.map) };
  if (given.table !== undefined)
    return { table: locationArgument(given.table, cwd), row: given.row ?? 0, reading, ...mapping };
  const pairs = (given.input ?? []).map((pair) => {
    const at = pair.indexOf('=');
    if (at < 1) throw new AppError('invalid_arguments', `--input ${pair}: write field=value.`);
    return [pair.slice(0, at), pair.slice(at + 1)] as const;
  });
  return { columns: pairs.map(([name]) => name), cells: pairs.map(([, value]) => value), ...mapping };
}
