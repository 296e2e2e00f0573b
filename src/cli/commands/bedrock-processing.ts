import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { toAppError } from '../../base/errors.ts';
import { counted } from '../../base/figures.ts';
import type { BatchReport } from '../../runner/contract/report/report.ts';
import { ENDED } from '../../runner/lifecycle/batch.ts';
import { isTruncationWarning } from '../../runner/rows/input-messages.ts';
import { mayStartUnasked, tooCostly } from '../agreement.ts';
import type { App } from '../app.ts';
import { numberArgument } from '../arguments/mapping-arguments.ts';
import { agentOf, type Job, maxTokensOf } from '../bedrock/batch-of-split.ts';
import { countFiles } from '../bedrock/file-counts.ts';
import { JOB_TYPES, type JobType, readJobFolder } from '../bedrock/folders.ts';
import { planSplits, type RunSplit, takeUp } from '../bedrock/job-run.ts';
import { type BedrockSettings, readBedrockSettings } from '../bedrock/settings.ts';
import { type ProcessedSplit, summarize, writeSummary } from '../bedrock/summary.ts';
import type { CommandContext, Output } from '../command-context.ts';
import { EXIT, exitCodeOfBatch } from '../exit-codes.ts';
import { type Foreground, type ForegroundResult, openForeground } from '../foreground.ts';
import { planLines } from '../terminal/report-text.ts';
import { oneLine } from '../terminal/safe-text.ts';
import { showResult } from '../terminal/show-result.ts';

interface Arguments {
  job_type: JobType;
  batchSize?: number;
  maxRetries?: number;
  base: string;
  yes?: boolean;
}

/** `rowmill bedrock-processing`: the folders and variables of a Bedrock processing job, on the batch runner. */
export function addBedrockProcessingCommand(command: Command, context: CommandContext): void {
  command
    .addOption(new Option('--job_type <type>', 'what the job is for').choices(JOB_TYPES).makeOptionMandatory())
    .option(
      '--batch-size <n>',
      'accepted for older jobs, without effect: every answer is stored immediately',
      numberArgument('--batch-size', { integer: true, min: 1 }),
    )
    .option(
      '--max-retries <n>',
      'how often to ask again after an unusable answer (default: BEDROCK_MAX_RETRIES, or 3)',
      numberArgument('--max-retries', { integer: true, min: 0, max: 99 }),
    )
    .option('--base <folder>', 'where input/ and output/ are', '/opt/ml/processing')
    .option('-y, --yes', 'start at any cost, even above ROWMILL_CONFIRM_ABOVE_USD if that is set')
    .addHelpText('after', HELP)
    .action((given: Arguments) => context.run((output) => run(given, { context, output })));
}

const HELP = `
Reads  input/data                         tables; for training in train/, val/ and test/
       input/templates/prompts.json       system_prompt, user_prompt_template, input_placeholders
       input/schema/validation_schema_*.json   the newest
Writes output/data/<split>/<split>_processed_data.*, or output/data/<job_type>_processed_data.*
       output/summary/processing_summary_<job_type>_<time>.json
BEDROCK_PRIMARY_MODEL_ID names the model. More BEDROCK_… variables set limits and
provider jobs; docs/bedrock-processing.md lists them.

Run the same command again to continue a job that did not end.
The exit status is that of "rowmill run", except that failed records give 0
unless BEDROCK_EXIT_ON_ERRORS is true.`;

async function run(
  given: Arguments,
  { context, output }: { context: CommandContext; output: Output },
): Promise<number> {
  const base = resolve(context.io.cwd, given.base);
  const settings = readBedrockSettings(context.env, given);
  const folder = await readJobFolder(base, given.job_type);
  const job: Job = { folder, settings };
  for (const warning of folder.warnings) output.note(`Warning: ${oneLine(warning)}`);
  const agent = agentOf(job);
  const maxTokens = maxTokensOf(settings);
  if (maxTokens < settings.BEDROCK_MAX_TOKENS) {
    const fix = 'The models of the job write no more in one answer.';
    output.note(`BEDROCK_MAX_TOKENS is lowered from ${settings.BEDROCK_MAX_TOKENS} to ${maxTokens}. ${fix}`);
  }
  const region = settings.AWS_DEFAULT_REGION ?? settings.AWS_REGION;
  const app = await context.app({
    agents: [agent],
    environment: { ROWMILL_FILES: base, ...(region === undefined ? {} : { AWS_REGION: region }) },
  });
  const splits = await takeUp(app, await planSplits(app, job), { agent, summaryFolder: folder.summaryFolder });
  tellPlans(splits, output);
  if (settings.ROWMILL_CONFIRM_ABOVE_USD !== undefined && given.yes !== true) {
    await refuseCostlyJob(app, splits);
  }
  const foreground = openForeground(context, output);
  try {
    return await processSplits(splits, { app, job, jobType: given.job_type, foreground, output });
  } finally {
    foreground.close();
  }
}

function tellPlans(splits: readonly RunSplit[], output: Output): void {
  for (const { split, plan, missing, begun } of splits) {
    output.note(`${split.name}: ${oneLine(split.source)}`);
    if (begun === undefined) for (const line of planLines(plan, output)) output.note(line);
    else output.note(`${begun.batch_id} was started before; its answers are kept.`);
    if (missing.length === 0) continue;
    const names = missing.map(oneLine).join(', ');
    output.note(`Warning: ${split.name} has no column for ${names}; these placeholders stay empty in the prompt.`);
  }
}

/** A job asks no person, as none may be present. If its environment sets a limit, it does not start above that limit. */
async function refuseCostlyJob(app: App, splits: readonly RunSplit[]): Promise<void> {
  const costs = splits.flatMap(({ begun, plan }) => (begun === undefined ? [plan.spending_usd] : []));
  if (costs.length === 0) return;
  const expectedUsd = costs.includes(null) ? null : costs.reduce((all: number, cost) => all + (cost ?? 0), 0);
  const spend = { expectedUsd, limitUsd: app.config.confirmAboveUsd };
  const action = { batchId: `job_${crypto.randomUUID()}`, spentUsd: 0 };
  if (!(await mayStartUnasked(app, spend, action))) throw tooCostly(spend);
}

interface JobRun {
  app: App;
  job: Job;
  jobType: JobType;
  foreground: Foreground;
  output: Output;
}

async function processSplits(splits: readonly RunSplit[], parts: JobRun): Promise<number> {
  const { job, jobType, output } = parts;
  const processed: ProcessedSplit[] = [];
  let rest = splits.map(({ split }) => split);
  let exitCode: number = EXIT.completed;
  let isWhole = true;
  for (const one of splits) {
    const { report, interrupted } = await processSplit(one, parts);
    rest = rest.slice(1);
    const { split } = one;
    const files = await countFiles({ split, report }, parts.app.runner);
    processed.push({ split, report, output: await writeTable(one, report, parts), files });
    const code = exitCodeOf(report, { interrupted, settings: job.settings });
    if (code !== EXIT.completed) exitCode = code;
    isWhole = code === EXIT.completed || code === EXIT.rowsFailed;
    // After a split that has not ended, the next splits are not started: the same cause would stop them.
    if (!isWhole) break;
  }
  for (const { folder } of job.folder.emptySplits) await mkdir(folder, { recursive: true });
  const summary = summarize(jobType, { processed, notStarted: rest }, job);
  const path = await writeSummary(job.folder.summaryFolder, jobType, summary);
  output.document({ ...summary, summary_path: path });
  output.line(`${'summary'.padEnd(15)}${path}`);
  if (!isWhole)
    output.note('The job is not finished: run the same command again to continue it. Its answers are kept.');
  return exitCode;
}

/** Failed records do not fail the job, unless its environment says so: a pipeline would drop the others. */
function exitCodeOf(
  report: BatchReport,
  { interrupted, settings }: { interrupted: boolean; settings: BedrockSettings },
): number {
  const code = exitCodeOfBatch(report, interrupted);
  const isTolerated = report.status === 'completed' && !settings.BEDROCK_EXIT_ON_ERRORS;
  return code === EXIT.rowsFailed && isTolerated ? EXIT.completed : code;
}

async function processSplit(one: RunSplit, parts: JobRun): Promise<ForegroundResult> {
  const { job, output } = parts;
  const result = await driveSplit(one, parts);
  output.line(`\n${one.split.name}`);
  // Cut fields are reported below by name, or not at all.
  const warnings = result.report.warnings.filter((warning) => !isTruncationWarning(warning));
  await showResult({ ...result, report: { ...result.report, warnings } }, { ...output, document: () => undefined });
  const { truncated_fields: fields, truncated_rows: rows } = result.report;
  if (job.settings.BEDROCK_LOG_TRUNCATIONS && rows > 0) {
    const names = Object.entries(fields).map(([name, count]) => `${oneLine(name)} ${count}`);
    const limit = job.settings.BEDROCK_MAX_INPUT_FIELD_LENGTH;
    output.note(
      `${one.split.name}: fields were cut to ${limit} characters in ${counted(rows, 'record')} (${names.join(', ')}).`,
    );
  }
  return result;
}

/** Writes the table of a batch that has not ended: its answers until now, and the other rows as not run. */
async function writeTable({ split }: RunSplit, report: BatchReport, { app, output }: JobRun): Promise<string | null> {
  if (ENDED.includes(report.status)) return null;
  try {
    return (await app.runner.exportTable(report.batch_id, split.output, { overwrite: true })).uri;
  } catch (thrown) {
    output.note(`Warning: ${split.name} has no table yet: ${oneLine(toAppError(thrown).message)}`);
    return null;
  }
}

async function driveSplit({ begun, request }: RunSplit, { app, foreground }: JobRun): Promise<ForegroundResult> {
  const report = begun ?? (await foreground.before(app.runner.create(request))).report;
  if (ENDED.includes(report.status)) return { report, interrupted: false, elsewhere: false };
  if (report.status === 'paused') await foreground.before(app.runner.resume(report.batch_id));
  return foreground.drive(app, report.batch_id);
}
