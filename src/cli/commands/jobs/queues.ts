import type { Command } from 'commander';
import { AppError } from '../../../base/errors.ts';
import { count, counted, dollars } from '../../../base/figures.ts';
import type { ProcessedQueue, ProcessRequest } from '../../../runner/contract/service/job.ts';
import { askToGoOn, canAsk } from '../../agreement.ts';
import { listByDefault } from '../../arguments/list-by-default.ts';
import { numberArgument } from '../../arguments/mapping-arguments.ts';
import { type CommandContext, newCommand, type Output } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { oneLine } from '../../terminal/safe-text.ts';
import { layOutTable } from '../../terminal/terminal-table.ts';

interface ProcessArguments {
  maxCost?: number;
  accept?: number;
  mode?: string;
}

/** `rowmill queues …`: the jobs that wait. */
export function addQueuesCommands(queues: Command, context: CommandContext): void {
  queues.helpCommand(false);
  newCommand(queues, 'list', 'List the queues with waiting jobs').action(() =>
    context.run((output) => listQueues({ context, output })),
  );
  newCommand(queues, 'process', 'Start the waiting jobs, by default through the batch API')
    .argument('[agent]', 'only the queues of this agent')
    .option('--max-cost <usd>', 'a cap over everything that this starts', numberArgument('--max-cost', { min: 0 }))
    .option('--accept <usd>', 'the estimate that you accept', numberArgument('--accept', { min: 0 }))
    .option('--mode <mode>', 'auto, batch or realtime (default auto)')
    .action((agent: string | undefined, given: ProcessArguments) =>
      context.run((output) => processQueues(agent, given, { context, output })),
    );
  listByDefault(queues, context, (output) => listQueues({ context, output }));
}

async function listQueues({ context, output }: { context: CommandContext; output: Output }): Promise<number> {
  const { jobs } = await context.app();
  const found = await jobs.queues();
  output.document({ queues: found });
  if (found.length === 0) {
    output.line('No jobs wait.');
    return EXIT.completed;
  }
  const { paint, width } = output;
  const columns = [
    { title: 'agent', minWidth: 8, paint: (text: string) => paint('cyan', text) },
    { title: 'model', minWidth: 8 },
    { title: 'waiting', align: 'right' as const, minWidth: 'whole' as const },
    { title: 'may cost', align: 'right' as const, minWidth: 'whole' as const },
    { title: 'oldest (UTC)', minWidth: 16 },
    ...(found.some(({ problem }) => problem !== null) ? [{ title: 'problem', minWidth: 7 }] : []),
  ];
  const rows = found.map((queue) => [
    ...[oneLine(`${queue.agent}@${queue.version}`), oneLine(queue.model), count(queue.waiting)],
    ...[
      dollars(queue.estimate?.spending_usd ?? null),
      queue.oldest_at?.slice(0, 16).replace('T', ' ') ?? '',
      queue.problem?.code ?? '',
    ],
  ]);
  for (const text of layOutTable(columns, rows, { width, paint })) output.line(text);
  return EXIT.completed;
}

async function processQueues(
  agent: string | undefined,
  { maxCost, accept, mode = 'auto' }: ProcessArguments,
  { context, output }: { context: CommandContext; output: Output },
): Promise<number> {
  if (mode !== 'auto' && mode !== 'batch' && mode !== 'realtime')
    throw new AppError('invalid_arguments', '--mode must be auto, batch or realtime.');
  const app = await context.app();
  const request = {
    mode: mode as ProcessRequest['mode'],
    ...(agent !== undefined && { agent }),
    ...(maxCost !== undefined && { max_cost_usd: maxCost }),
    ...(accept !== undefined && { accepted_usd: accept }),
  };
  let accepted = {};
  if (maxCost === undefined && accept === undefined && canAsk(context, output)) {
    const { expected_usd: usd } = await app.jobs.estimate(agent);
    const cost = usd === null ? 'The cost is unknown' : `The jobs may cost ${dollars(usd)}`;
    if (usd === null) throw new AppError('confirmation_needed', `${cost}: give --max-cost.`);
    if (!(await askToGoOn(context, `${cost}. Start them?`, { expectedUsd: usd, limitUsd: 0 }))) return EXIT.cancelled;
    accepted = { accepted_usd: usd };
  }
  const done = await app.jobs.process({ ...request, ...accepted });
  output.document({ queues: done });
  for (const one of done) output.line(lineOf(one));
  if (done.length === 0) output.line('No jobs wait.');
  if (done.some(({ batch_id }) => batch_id !== null)) await app.ensureDetachedRunner();
  return done.some(({ error }) => error !== null) ? EXIT.invalid : EXIT.completed;
}

function lineOf({ agent, batch_id: batch, jobs, later, expired, expected_usd: cost, error }: ProcessedQueue): string {
  if (error !== null) return `${oneLine(agent)}: nothing started. ${error.code}: ${oneLine(error.message)}`;
  const rest = [
    ...(later > 0 ? [`${later} wait for later`] : []),
    ...(expired > 0 ? [`${expired} have expired`] : []),
  ].join(', ');
  const more = rest === '' ? '' : ` (${rest})`;
  if (batch === null) return `${oneLine(agent)}: nothing to start${more}`;
  return `${oneLine(agent)}: ${counted(jobs, 'job')} in ${batch}${more}, about ${cost === null ? 'an unknown cost' : dollars(cost)}. "rowmill batches show ${batch}" shows them.`;
}
