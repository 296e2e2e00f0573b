import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { App } from '../app.ts';
import { agentOf, requestOf } from '../bedrock/batch-of-split.ts';
import { JOB_TYPES, type JobFolder, type JobType, readJobFolder, type Split } from '../bedrock/folders.ts';
import { type BedrockSettings, readBedrockSettings } from '../bedrock/settings.ts';
import { type ProcessedSplit, summarize, writeSummary } from '../bedrock/summary.ts';
import { type CommandContext, newCommand, type Output } from '../command-context.ts';
import { EXIT, exitCodeOfBatch } from '../exit-codes.ts';
import { openForeground } from '../foreground.ts';
import { numberArgument } from '../mapping-arguments.ts';
import { oneLine } from '../safe-text.ts';
import { showResult } from '../show-result.ts';

interface Arguments {
  job_type: JobType;
  batchSize?: number;
  maxRetries?: number;
  base: string;
}

/** `rowmill bedrock-processing`: the folders and variables of a Bedrock processing job, on the batch runner. */
export function addBedrockProcessingCommand(program: Command, context: CommandContext): void {
  newCommand(program, 'bedrock-processing', 'Run a Bedrock processing job: its folders and environment variables')
    .addOption(new Option('--job_type <type>', 'what the job is for').choices(JOB_TYPES).makeOptionMandatory())
    .option(
      '--batch-size <n>',
      'accepted for older jobs: every row is kept as soon as it is answered, so there is nothing to set',
      numberArgument('--batch-size', { integer: true, min: 1 }),
    )
    .option(
      '--max-retries <n>',
      'how often an answer that can not be used is asked for again (default: BEDROCK_MAX_RETRIES, 3)',
      numberArgument('--max-retries', { integer: true, min: 0 }),
    )
    .option('--base <folder>', 'where input/ and output/ are', '/opt/ml/processing')
    .addHelpText('after', HELP)
    .action((given: Arguments) => context.run((output) => process(given, { context, output })));
}

const HELP = `
Reads  input/data                         tables; for training in train/, val/ and test/
       input/templates/prompts.json       system_prompt, user_prompt_template, input_placeholders
       input/schema/validation_schema_*.json   the newest
Writes output/data/<split>/<split>_processed_data.*, or output/data/<job_type>_processed_data.*
       output/summary/processing_summary_<job_type>_<time>.json
The model, limits and batch jobs are set by BEDROCK_… variables, which docs/bedrock-processing.md lists.`;

async function process(
  given: Arguments,
  { context, output }: { context: CommandContext; output: Output },
): Promise<number> {
  const base = resolve(context.io.cwd, given.base);
  const settings = readBedrockSettings(context.env, given);
  const folder = await readJobFolder(base, given.job_type);
  const stage = await mkdtemp(join(tmpdir(), 'rowmill-bedrock-'));
  try {
    const agents = join(stage, 'agents.json');
    await writeFile(agents, JSON.stringify({ agents: [agentOf(folder, settings)] }));
    const region = settings.AWS_REGION ?? settings.AWS_DEFAULT_REGION;
    const app = await context.app({
      environment: {
        ROWMILL_AGENTS: agents,
        ROWMILL_FILES: base,
        ...(region === undefined ? {} : { AWS_REGION: region }),
      },
    });
    return await processSplits(app, { folder, settings, jobType: given.job_type }, { context, output });
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

interface Job {
  folder: JobFolder;
  settings: BedrockSettings;
  jobType: JobType;
}

async function processSplits(
  app: App,
  job: Job,
  { context, output }: { context: CommandContext; output: Output },
): Promise<number> {
  const processed: ProcessedSplit[] = [];
  let exitCode: number = EXIT.completed;
  for (const split of job.folder.splits) {
    const { report, interrupted } = await processSplit(app, { job, split }, { context, output });
    processed.push({ split, report });
    const code = exitCodeOfBatch(report, interrupted);
    if (code !== EXIT.completed) exitCode = code;
    // One that has not ended keeps the others from being begun: what stopped it would stop them.
    if (code !== EXIT.completed && code !== EXIT.rowsFailed) break;
  }
  const summary = summarize(job.jobType, processed, job.settings);
  const path = await writeSummary(job.folder, job.jobType, summary);
  output.document({ ...summary, summary_path: path });
  output.line(`summary     ${path}`);
  return exitCode;
}

async function processSplit(
  app: App,
  { job, split }: { job: Job; split: Split },
  { context, output }: { context: CommandContext; output: Output },
): Promise<{ report: ProcessedSplit['report']; interrupted: boolean }> {
  const { columns } = await app.runner.plan(requestOf(split, [], job).request);
  const { request, missing } = requestOf(split, columns, job);
  output.line(`\n${split.name}: ${oneLine(split.source)}`);
  if (missing.length > 0) {
    output.note(
      `Warning: ${split.name} has no column for ${missing.map(oneLine).join(', ')}; the prompt has nothing there.`,
    );
  }
  await mkdir(dirname(split.output), { recursive: true });
  const foreground = openForeground(context, output);
  try {
    const { report } = await foreground.before(app.runner.create(request));
    const result = await foreground.drive(app, report.batch_id);
    showResult(result, { ...output, document: () => undefined });
    if (job.settings.BEDROCK_LOG_TRUNCATIONS && result.report.truncated_rows > 0) {
      output.note(
        `${split.name}: fields were cut to ${job.settings.BEDROCK_MAX_INPUT_FIELD_LENGTH} characters in ${result.report.truncated_rows} records.`,
      );
    }
    return result;
  } finally {
    foreground.close();
  }
}
