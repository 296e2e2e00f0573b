import type { Command } from 'commander';
import { AppError } from '../../../base/errors.ts';
import { parseJson } from '../../../base/json/exact-number.ts';
import { describeZodError } from '../../../base/schema/schema.ts';
import type { JsonObject } from '../../../protocol/messages.ts';
import { JOB_STATES, type JobReport, type JobRequest, jobRequest } from '../../../runner/contract/service/job.ts';
import { listByDefault } from '../../arguments/list-by-default.ts';
import { numberArgument } from '../../arguments/mapping-arguments.ts';
import { textFile } from '../../arguments/text-file.ts';
import { type CommandContext, newCommand, type Output } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { oneLine } from '../../terminal/safe-text.ts';
import { layOutTable } from '../../terminal/terminal-table.ts';
import { addDeliveriesCommands } from './jobs-deliveries.ts';
import { runNow } from './jobs-now.ts';
import { showJob } from './show-job.ts';

interface AddArguments {
  input?: string;
  file?: string;
  priority?: number;
  provider?: string;
  notBefore?: string;
  deadline?: string;
  callback?: string;
  maxCost?: number;
  idempotencyKey?: string;
  now?: boolean;
  accept?: number;
}

interface ListArguments {
  agent?: string;
  state?: JobReport['state'];
  limit?: number;
  before?: string;
}

const priorityOf = numberArgument('priority', { integer: true, min: 1, max: 10 });

/** `rowmill jobs …`: one input for one agent each. */
export function addJobsCommands(jobs: Command, context: CommandContext): void {
  jobs.helpCommand(false).addHelpText('after', HELP);
  addAdd(jobs, context);
  newCommand(jobs, 'list', 'List jobs, newest first')
    .option('--agent <name>', 'only jobs of this agent')
    .option('--state <state>', `only jobs in this state: ${JOB_STATES.join(', ')}`)
    .option(
      '--limit <n>',
      'how many jobs (default 20)',
      numberArgument('--limit', { integer: true, min: 1, max: 1000 }),
    )
    .option('--before <job>', 'only jobs older than this one, for the next page')
    .action((given: ListArguments) => context.run((output) => listJobs(given, { context, output })));
  newCommand(jobs, 'show', 'Show the state, result and cost of a job')
    .argument('<job>', 'the id of a job')
    .action((id: string) => context.run(async (output) => showJob(await (await context.app()).jobs.show(id), output)));
  newCommand(jobs, 'cancel', 'Cancel a job that has not started')
    .argument('<job>', 'the id of a job')
    .action((id: string) =>
      context.run(async (output) => showJob(await (await context.app()).jobs.cancel(id), output)),
    );
  newCommand(jobs, 'priority', 'Change the priority of a job that waits')
    .argument('<job>', 'the id of a job')
    .argument('<priority>', '1 to 10: higher ones run first', priorityOf)
    .action((id: string, priority: number) =>
      context.run(async (output) => showJob(await (await context.app()).jobs.setPriority(id, priority), output)),
    );
  addDeliveriesCommands(jobs, context);
  listByDefault(jobs, context, (output) => listJobs({}, { context, output }));
}

function addAdd(jobs: Command, context: CommandContext): void {
  newCommand(jobs, 'add', 'Enqueue one input for an agent, or a file of inputs')
    .argument('<agent>', 'an agent: its name, or name@version')
    .option('-i, --input <json>', 'the input, a JSON object: \'{"address": "1 High St"}\'')
    .option('--file <path>', 'a file with an input on each line, JSON objects')
    .option('--priority <1-10>', 'higher ones run first (default 5)', priorityOf)
    .option('--provider <provider>', "a provider, or provider/model, instead of the agent's own model")
    .option('--not-before <time>', 'not processed before this time, ISO 8601')
    .option('--deadline <time>', 'expires when it is not processed by this time, ISO 8601')
    .option('--callback <url>', 'where the result is sent; its host must be in ROWMILL_WEBHOOK_HOSTS')
    .option(
      '--max-cost <usd>',
      'what each job may cost where nobody is asked',
      numberArgument('--max-cost', { min: 0 }),
    )
    .option('--idempotency-key <key>', 'enqueue once: repeated, it enqueues nothing')
    .option('--now', 'run the one input at once, in real time, and show its result')
    .option(
      '--accept <usd>',
      'the estimate of a job that you accept; it may then be processed where nobody is asked',
      numberArgument('--accept', { min: 0 }),
    )
    .action((agent: string, given: AddArguments) =>
      context.run(async (output) => {
        const requests = (await inputsOf(given)).map((input) => requestOf(agent, input, given));
        if (given.now === true) return runNow(requests, given, { context, output });
        const { jobs: own } = await context.app();
        const key = given.idempotencyKey;
        const added = await own.enqueue(requests, { key: key === undefined ? undefined : `cli:${key}` });
        output.document({ jobs: added });
        const again = added.filter(({ repeated }) => repeated).length;
        for (const { job_id } of added.slice(0, 5)) output.line(job_id);
        if (added.length > 5) output.line(`… and ${added.length - 5} more`);
        if (again > 0) output.note(`${again} of them were enqueued before.`);
        output.note('They run when their queue is processed: rowmill queues process');
        return EXIT.completed;
      }),
    );
}

async function inputsOf({ input, file }: AddArguments): Promise<JsonObject[]> {
  if ((input === undefined) === (file === undefined)) {
    throw new AppError('invalid_arguments', 'Give the input with --input, or a file of inputs with --file.');
  }
  const lines = input === undefined ? (await textFile(file ?? '', `--file ${file}`)).split('\n') : [input];
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return [];
    const place = input === undefined ? `line ${index + 1} of ${file}` : '--input';
    let value: unknown;
    try {
      value = parseJson(line);
    } catch (cause) {
      throw new AppError('invalid_arguments', `${place} is not valid JSON.`, { cause });
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new AppError('invalid_arguments', `${place} is not a JSON object.`);
    return [value as JsonObject];
  });
}

function requestOf(agent: string, input: JsonObject, given: AddArguments): JobRequest {
  const parsed = jobRequest.safeParse({
    ...{ agent, input },
    ...(given.priority !== undefined && { priority: given.priority }),
    ...(given.provider !== undefined && { provider: given.provider }),
    ...(given.notBefore !== undefined && { not_before: given.notBefore }),
    ...(given.deadline !== undefined && { deadline: given.deadline }),
    ...(given.callback !== undefined && { callback_url: given.callback }),
    ...(given.maxCost !== undefined && { max_cost_usd: given.maxCost }),
    ...(given.accept !== undefined && { accepted_usd: given.accept }),
  });
  if (parsed.error === undefined) return parsed.data;
  throw new AppError('invalid_arguments', `${describeZodError(parsed.error).join('; ')}.`);
}

async function listJobs(
  { agent, state, limit = 20, before }: ListArguments,
  { context, output }: { context: CommandContext; output: Output },
): Promise<number> {
  if (state !== undefined && !JOB_STATES.includes(state))
    throw new AppError('invalid_arguments', `--state must be one of ${JOB_STATES.join(', ')}.`);
  const { jobs } = await context.app();
  const found = await jobs.list({
    limit,
    ...(agent !== undefined && { agent }),
    ...(state !== undefined && { state }),
    ...(before !== undefined && { before }),
  });
  output.document({ jobs: found });
  if (found.length === 0) {
    output.line('There are no such jobs. "rowmill jobs add AGENT --input JSON" enqueues one.');
    return EXIT.completed;
  }
  const { paint, width } = output;
  const columns = [
    { title: 'job', minWidth: 'whole' as const, paint: (text: string) => paint('cyan', text) },
    { title: 'state', minWidth: 'whole' as const },
    { title: 'priority', align: 'right' as const, minWidth: 'whole' as const },
    { title: 'agent', minWidth: 8 },
    { title: 'created (UTC)', minWidth: 16 },
  ];
  const rows = found.map((job) => [
    ...[job.job_id, job.state, String(job.priority), oneLine(job.agent)],
    job.created_at.slice(0, 16).replace('T', ' '),
  ]);
  for (const text of layOutTable(columns, rows, { width, paint })) output.line(text);
  return EXIT.completed;
}

const HELP = `
A job is one input for one agent. The jobs of an agent wait in its queue:
  rowmill jobs add query-classifier --input '{"query": "Where is my parcel?"}'
  rowmill queues process --max-cost 5`;
