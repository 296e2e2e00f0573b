import type { ToolContext } from '../../agent/tool.ts';
import { AppError } from '../../base/errors.ts';
import { counted, dollars } from '../../base/figures.ts';
import type { Jobs } from '../../jobs/jobs.ts';
import type { Json } from '../../protocol/messages.ts';
import type { JobRequest } from '../../runner/contract/service/job.ts';
import { askFirst, neededConfirmation, notSpent, type SpendingParts } from './confirm-spending.ts';
import { describeNoBatch, type ExecuteOutput } from './execute-output.ts';

/** The parts that the actions on jobs require. */
export interface JobsActionParts extends SpendingParts {
  jobs: Jobs;
  context: Pick<ToolContext, 'idempotencyKey' | 'said'>;
}

/** Adds jobs to their queues; the call's own key makes it repeatable. Costs nothing. */
export async function enqueue(requests: readonly JobRequest[], parts: JobsActionParts): Promise<ExecuteOutput> {
  const added = await parts.jobs.enqueue(requests, { key: `call:${parts.context.idempotencyKey}` });
  return {
    ...describeNoBatch('enqueue'),
    summary: `${counted(added.length, 'job')} wait in their queues. They cost nothing before their queue is processed.`,
    next_step: 'Tell the person their ids. Action "process" runs the waiting jobs, if the person wishes it.',
    jobs: { enqueued: added.map(({ job_id }) => job_id), processed: [] },
  };
}

/** Starts the waiting jobs, once a person has agreed to what they may cost. */
export async function processJobs(
  { agent, cap, token }: { agent: string | undefined; cap: number | undefined; token: string | undefined },
  parts: JobsActionParts,
): Promise<ExecuteOutput> {
  const { jobs, context } = parts;
  const queues = (await jobs.queues(agent)).filter(({ waiting }) => waiting > 0);
  const waiting = queues.reduce((sum, queue) => sum + queue.waiting, 0);
  if (waiting === 0) throw new AppError('batch_state_invalid', 'No jobs wait; action "enqueue" adds some.');
  const { expected_usd: estimate } = await jobs.estimate(agent);
  const expectedUsd = estimate === null || cap === undefined ? estimate : Math.min(estimate, cap);
  const names = queues.map((queue) => `${queue.agent}@${queue.version}`).join(', ');
  const spend = {
    request: { action: 'process', agent: agent ?? null, cap: cap ?? null, waiting } as Json,
    title: `Process ${counted(waiting, 'job')} of ${names}`,
    ...{ expectedUsd, spentUsd: 0, token, said: context.said },
    batchId: queues.map(({ batch_id }) => batch_id).join(' '),
    key: `call:${context.idempotencyKey}`,
  };
  const needed = await neededConfirmation(spend, parts);
  if (needed !== undefined) return askFirst(describeNoBatch('process'), needed);
  try {
    const processed = await jobs.process({
      mode: 'auto',
      ...(agent !== undefined && { agent }),
      ...(cap !== undefined && { max_cost_usd: cap }),
      ...(estimate !== null && { accepted_usd: estimate }),
    });
    const started = processed.filter(({ batch_id }) => batch_id !== null);
    const sum = started.reduce((total, one) => total + one.jobs, 0);
    return {
      ...describeNoBatch('process'),
      summary: `${counted(sum, 'job')} run in ${started.length} ${started.length === 1 ? 'batch' : 'batches'}, for about ${dollars(estimate)}.`,
      next_step: 'Call monitor_batch_execution with a batch_id of jobs.processed; tell the person each error there.',
      started: started.length > 0,
      batch_id: started.length === 1 ? (started[0]?.batch_id ?? null) : null,
      jobs: { enqueued: [], processed },
    };
  } catch (thrown) {
    await notSpent(spend, parts);
    throw thrown;
  }
}
