import type { Command } from 'commander';
import type { AgentDefinition } from '../../agent/definition.ts';
import { AppError } from '../../base/errors.ts';
import type { BatchPlan } from '../../runner/contract/report/plan.ts';
import { METADATA_COLUMNS, type MetadataColumn } from '../../runner/contract/request/mapping.ts';
import { type BatchRequest, batchRequest, KEPT_OUTPUT } from '../../runner/contract/request/request.ts';
import { ENDED } from '../../runner/lifecycle/batch.ts';
import { askToGoOn, canAsk, mayStartUnasked, SPEND_LESS, tooCostly } from '../agreement.ts';
import type { App } from '../app.ts';
import {
  agentArgument,
  collect,
  columnArguments,
  commaSeparated,
  locationArgument,
  mappingArgument,
} from '../arguments/mapping-arguments.ts';
import {
  addOptionFlags,
  addReadingFlags,
  type FlagValues,
  optionsOf,
  readingFlagsOf,
} from '../arguments/option-flags.ts';
import { addQuestionFlags, type QuestionFlags, questionOf } from '../arguments/question-arguments.ts';
import { addStatsFlag, openStatsFile, type StatsFile, type StatsFlag } from '../arguments/stats-file.ts';
import { STREAM, TABLE_ARGUMENT, tableArgument } from '../arguments/table-argument.ts';
import { planReadable } from '../ask-encoding.ts';
import type { CommandContext, Output } from '../command-context.ts';
import { EXIT, exitCodeOfError } from '../exit-codes.ts';
import { openForeground } from '../foreground.ts';
import { saveQuestion } from '../save-question.ts';
import { showSample } from '../show-sample.ts';
import { planLines, sampleText } from '../terminal/report-text.ts';
import { oneLine } from '../terminal/safe-text.ts';
import { showResult } from '../terminal/show-result.ts';
import { truncate } from '../terminal/terminal-text.ts';
import { writeAll } from '../write-all.ts';
import { RUN_HELP } from './run-help.ts';

interface RunArguments extends FlagValues, QuestionFlags, StatsFlag {
  agent?: string;
  saveAgent?: string;
  map?: string[];
  fields?: string[];
  column?: string[];
  metadata?: string[];
  out?: string;
  writeBack?: string;
  name?: string;
  continue?: string;
  key?: string;
  dryRun?: boolean;
  sample?: number;
  yes?: boolean;
}

/** `rowmill run`: a batch in the foreground. */
export function addRunCommand(command: Command, context: CommandContext): void {
  command
    .argument('<table>', TABLE_ARGUMENT)
    .option('-a, --agent <name[@version]>', 'the agent; without @version, its newest version')
    .option('--name <name>', batchRequest.shape.name.unwrap().description)
    .option(
      '--continue <batch>',
      'keep the answers of an earlier batch for rows whose input is the same, and run only the others; its agent and mapping are used unless others are given',
    )
    .option('--key <column>', 'with --continue: the column that identifies a row in both tables')
    .option('--dry-run', 'validate, show mapping and estimate, start nothing')
    .option('-y, --yes', 'start without asking, at any cost')
    .optionsGroup('Mapping:')
    .option('-m, --map <field=how>', 'fill an input field; repeat for more (see below)', collect)
    .option('--fields <a,b>', 'only these output fields become columns', commaSeparated)
    .option('--column <name=expression>', 'an additional column, computed from {row, output}; repeat for more', collect)
    .option('--metadata <a,b>', `columns about each row: ${METADATA_COLUMNS.join(', ')}`, commaSeparated)
    .option(
      '-o, --out <location>',
      'where to write the result table (default: NAME.AGENT.csv beside a single local file, else in results/ of the data directory; its path is shown); the extension sets the format; folder/ writes one table for each source file; - writes CSV to stdout',
    )
    .option('--write-back <field>', 'set each answer in this field of its document in the source collection');
  addStatsFlag(command);
  addReadingFlags(command);
  addQuestionFlags(command);
  command.option('--save-agent <name>', 'save the question as an agent, to use with --agent');
  addOptionFlags(command);
  command
    .addHelpText('after', RUN_HELP)
    .action((table: string, given: RunArguments) => context.run((output) => run(table, given, { context, output })));
}

async function run(
  table: string,
  given: RunArguments,
  { context, output }: { context: CommandContext; output: Output },
): Promise<number> {
  const isStreamed = given.out === STREAM;
  if (isStreamed && output.json) {
    throw new AppError(
      'invalid_arguments',
      '--json and --out - both write to stdout: give --out a file, or leave one.',
    );
  }
  if (given.out !== undefined && given.writeBack !== undefined) {
    throw new AppError('invalid_arguments', '--out and --write-back each say where answers go: give one of them.');
  }
  // Faults of arguments are reported before stdin is read.
  const asked = requestOf(table, given, context.io.cwd);
  const statsFile = await openStatsFile(given, context.io.cwd);
  const app = await context.app();
  const earlier =
    given.continue === undefined ? undefined : await app.runner.continuationOf(await app.runner.idOf(given.continue));
  const request = await completed(asked, { earlier, key: given.key, agents: () => app.registry.list() });
  const shown = isStreamed ? { ...output, line: (text = '') => output.note(text) } : output;
  const source = await tableArgument(table, app, { context, output: shown });
  const starting = { isStdin: table === STREAM, isStarted: false };
  try {
    const reachable = app.transfer.reachable(request);
    return await start({ ...reachable, csv_uri: source.uri }, given, {
      asked: request,
      context,
      app,
      output: shown,
      isStreamed,
      statsFile,
      starting,
    });
  } finally {
    if (!starting.isStarted) await source.release();
  }
}

interface Starting {
  /** The request as the person made it. */
  asked: BatchRequest;
  context: CommandContext;
  app: App;
  output: Output;
  /** Whether the table goes to stdout. */
  isStreamed: boolean;
  statsFile: StatsFile | undefined;
  /** Where the start stands. Once it has happened, the batch needs the copy of stdin. */
  starting: { isStdin: boolean; isStarted: boolean };
}

async function start(
  wanted: BatchRequest,
  given: RunArguments,
  { asked, context, app, output, isStreamed, statsFile, starting }: Starting,
): Promise<number> {
  const limitUsd = app.config.confirmAboveUsd;
  // The answer to a question would come from stdin too.
  const isAsking = given.yes !== true && !starting.isStdin && canAsk(context, output);
  const isDry = given.dryRun === true;
  const planned =
    isDry || isAsking ? await planReadable(wanted, { app, context, output, mayAsk: isAsking }) : undefined;
  if (planned !== undefined) {
    const { plan } = planned;
    if (isDry) return showPlan(plan, output);
    if (plan.problems.length > 0) return showPlan(plan, output);
    note(planLines(plan, output), output);
    if (!(await askToGoOn(context, startQuestion(plan), { expectedUsd: plan.spending_usd, limitUsd }))) {
      output.note('Not started.');
      return EXIT.cancelled;
    }
  }
  const request = planned?.request ?? wanted;
  const toStart =
    given.saveAgent === undefined ? request : await saveQuestion(request, given.saveAgent, { app, output });
  const foreground = openForeground(context, output);
  try {
    const { report, started, plan } = await foreground.before(
      app.runner.create(toStart, async (found, batchId) => {
        if (given.yes === true || isAsking) return;
        const spend = { expectedUsd: found.spending_usd, limitUsd };
        if (!(await mayStartUnasked(app, spend, { batchId, spentUsd: 0 }))) throw tooCostly(spend, spendLess(given));
      }),
    );
    starting.isStarted = true;
    if (!isAsking) note(planLines(plan, output), output);
    output.note(
      started ? `Started ${report.batch_id}.` : `${report.batch_id} was already started with this idempotency key.`,
    );
    const isAtRest = ENDED.includes(report.status) || report.status === 'paused';
    const result = isAtRest
      ? { report, interrupted: false, elsewhere: false }
      : await foreground.drive(app, report.batch_id);
    const brought = await app.transfer.bring(result.report, asked);
    if (isStreamed && brought.output_uri !== null) await writeAll(app.transfer.read(brought), context.io.stdout);
    await showSample(brought, plan.input_mapping, { app, output });
    return await showResult({ ...result, report: brought }, output, { app, file: statsFile });
  } finally {
    foreground.close();
  }
}

function startQuestion({ sample }: BatchPlan): string {
  return sample === null ? 'Start?' : `Start the sample (${sampleText(sample)})?`;
}

/** A sample is no advice to a person who has asked for one. */
function spendLess({ sample }: RunArguments): string {
  return sample === undefined ? `${SPEND_LESS}, or --sample ROWS to try a few rows first` : SPEND_LESS;
}

/** The request, with what it leaves to the batch that it continues. */
async function completed(asked: AskedRequest, { earlier, key, agents }: Completion): Promise<BatchRequest> {
  if (key !== undefined && earlier === undefined) {
    throw new AppError(
      'invalid_arguments',
      '--key belongs to --continue: it says which rows of two tables are the same.',
    );
  }
  const { target = earlier?.target, ...rest } = asked;
  if (target === undefined) {
    const question = "or ask with --prompt 'Topic of {column}' --output topic:string";
    const text = `It is not said what to run. Name an agent with --agent, ${question}.${agentsText(await agents())}`;
    throw new AppError('invalid_arguments', text);
  }
  const continues = earlier?.continues;
  return {
    ...earlier,
    ...rest,
    target,
    ...(continues !== undefined && { continues: { ...continues, ...(key !== undefined && { key }) } }),
  };
}

interface Completion {
  earlier: Omit<BatchRequest, 'csv_uri'> | undefined;
  key: string | undefined;
  agents: () => Promise<AgentDefinition[]>;
}

/** The agents that can be named, a line each; nothing where there is none. */
function agentsText(agents: readonly AgentDefinition[]): string {
  const texts = new Map(
    agents.flatMap(({ name, description, structured_output }) =>
      structured_output.enabled ? [[name, description] as const] : [],
    ),
  );
  const lines = [...texts].map(
    ([name, text]) =>
      `\n  ${[name, truncate(text, 60)]
        .filter((part) => part !== '')
        .map(oneLine)
        .join(': ')}`,
  );
  return lines.length === 0 ? '' : ` The agents are:${lines.join('')}`;
}

type AskedRequest = Omit<BatchRequest, 'target'> & { target?: BatchRequest['target'] };

function requestOf(table: string, given: RunArguments, cwd: string): AskedRequest {
  const target = targetOf(given);
  const options = optionsOf(given);
  const reading = readingFlagsOf(given);
  const output = {
    ...(given.fields !== undefined && { structured_output_fields: given.fields }),
    ...(given.column !== undefined && { columns: columnArguments(given.column) }),
    // The runner's validation names unknown columns.
    ...(given.metadata !== undefined && { metadata: given.metadata as MetadataColumn[] }),
  };
  return {
    csv_uri: locationArgument(table, cwd),
    ...(Object.keys(reading).length > 0 && { reading }),
    ...(target !== undefined && { target }),
    ...(given.map !== undefined && { input_mapping: mappingArgument(given.map) }),
    ...(Object.keys(output).length > 0 && { output_mapping: output }),
    ...(given.writeBack !== undefined && { output_uri: `${locationArgument(table, cwd)}#${given.writeBack}` }),
    ...(given.out !== undefined && {
      output_uri: given.out === STREAM ? KEPT_OUTPUT : locationArgument(given.out, cwd),
    }),
    ...(given.name !== undefined && { name: given.name }),
    ...(Object.keys(options).length > 0 && { options }),
  };
}

/** The agent that is named, or the one that the question defines, if any. */
function targetOf(given: RunArguments): BatchRequest['target'] | undefined {
  const question = questionOf(given);
  if (question === undefined && given.saveAgent !== undefined) {
    throw new AppError('invalid_arguments', '--save-agent saves a question: add --prompt and --output.');
  }
  if (question === undefined && given.agent !== undefined) {
    if (given.model === undefined) return { type: 'agent', ...agentArgument(given.agent) };
    throw new AppError('invalid_arguments', '--model belongs to a question with --prompt; an agent has its own model.');
  }
  if (given.agent !== undefined) {
    throw new AppError('invalid_arguments', 'Give --agent, or a question with --prompt and --output, not both.');
  }
  return question === undefined ? undefined : { type: 'inline', ...question };
}

function note(lines: string[], output: Output): void {
  for (const line of lines) output.note(line);
}

function showPlan(plan: BatchPlan, output: Output): number {
  output.document({ dry_run: true, ...plan });
  for (const line of planLines(plan, output)) output.line(line);
  const first = plan.problems[0];
  if (first === undefined) output.line('The batch can run. Nothing was started.');
  return first === undefined ? EXIT.completed : exitCodeOfError(first.code);
}
