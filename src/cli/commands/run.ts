import type { Command } from 'commander';
import type { AgentDefinition } from '../../agent/definition.ts';
import { AppError } from '../../base/errors.ts';
import type { BatchPlan } from '../../runner/contract/report/plan.ts';
import { type BatchRequest, KEPT_OUTPUT } from '../../runner/contract/request/request.ts';
import { ENDED } from '../../runner/lifecycle/batch.ts';
import { askToGoOn, canAsk, mayStartUnasked, SPEND_LESS, tooCostly } from '../agreement.ts';
import type { App } from '../app.ts';
import { locationArgument } from '../arguments/mapping-arguments.ts';
import { addOptionFlags, addReadingFlags } from '../arguments/option-flags.ts';
import { addQuestionFlags } from '../arguments/question-arguments.ts';
import {
  addAgentFlags,
  addMappingFlags,
  askedOfRows,
  noTarget,
  type RequestFlags,
} from '../arguments/request-arguments.ts';
import { addStatsFlag, openStatsFile, type StatsFile, type StatsFlag } from '../arguments/stats-file.ts';
import { STREAM, TABLE_ARGUMENT, tableArgument } from '../arguments/table-argument.ts';
import { planReadable } from '../ask-encoding.ts';
import type { CommandContext, Output } from '../command-context.ts';
import { EXIT } from '../exit-codes.ts';
import { openForeground } from '../foreground.ts';
import { saveQuestion } from '../save-question.ts';
import { showPlan } from '../show-plan.ts';
import { showSample } from '../show-sample.ts';
import { planLines, sampleText } from '../terminal/report-text.ts';
import { showResult } from '../terminal/show-result.ts';
import { writeAll } from '../write-all.ts';
import { RUN_HELP } from './run-help.ts';

interface RunArguments extends RequestFlags, StatsFlag {
  out?: string;
  writeBack?: string;
  continue?: string;
  key?: string;
  dryRun?: boolean;
  sample?: number;
  yes?: boolean;
}

/** `rowmill run`: a batch in the foreground. */
export function addRunCommand(command: Command, context: CommandContext): void {
  addAgentFlags(command.argument('<table>', TABLE_ARGUMENT))
    .option(
      '--continue <batch>',
      'keep the answers of an earlier batch for rows whose input is the same, and run only the others; its agent and mapping are used unless others are given',
    )
    .option('--key <column>', 'with --continue: the column that identifies a row in both tables')
    .option('--dry-run', 'validate, show mapping and estimate, start nothing')
    .option('-y, --yes', 'start without asking, at any cost');
  addMappingFlags(command)
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
    throw noTarget(await agents());
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

type AskedRequest = Omit<BatchRequest, 'target'> & { target?: BatchRequest['target'] };

function requestOf(table: string, given: RunArguments, cwd: string): AskedRequest {
  return {
    csv_uri: locationArgument(table, cwd),
    ...askedOfRows(given),
    ...(given.writeBack !== undefined && { output_uri: `${locationArgument(table, cwd)}#${given.writeBack}` }),
    ...(given.out !== undefined && {
      output_uri: given.out === STREAM ? KEPT_OUTPUT : locationArgument(given.out, cwd),
    }),
  };
}

function note(lines: string[], output: Output): void {
  for (const line of lines) output.note(line);
}
