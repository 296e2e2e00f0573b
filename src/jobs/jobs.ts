import { AppError } from '../base/errors.ts';
import type { Caller } from '../runner/contract/caller.ts';
import type { BatchPlan } from '../runner/contract/report/plan.ts';
import type { BatchReport } from '../runner/contract/report/report.ts';
import type {
  DeliveryReport,
  EnqueuedJob,
  JobReport,
  JobRequest,
  ProcessedQueue,
  QueueReport,
} from '../runner/contract/service/job.ts';
import { requireScope } from '../runner/require-scope.ts';
import type { JobRecord, JobState } from '../storage/jobs.ts';
import { candidatesOf, sumOf } from './candidates.ts';
import { checkJobs, enqueueJobs } from './enqueue.ts';
import { costOf, deliveryReportOf, jobReportOf } from './job-report.ts';
import type { JobsParts } from './jobs-parts.ts';
import { type Processing, processQueues } from './process-queues.ts';
import { queueReport } from './queue-report.ts';

/** Jobs and their queues, for one caller. */
export interface Jobs {
  /**
   * Adds jobs to their queues. All are checked before one is added.
   * @param options.key makes the whole request repeatable
   * @throws AppError the first fault's code, with the places of all faults
   */
  enqueue(requests: readonly JobRequest[], options?: { key?: string | undefined }): Promise<EnqueuedJob[]>;
  /**
   * Runs one job immediately, in real time, in a batch of its own.
   * @param approve as in `Runner.create`
   * @param acceptedUsd the estimate that a person has accepted, for the jobs of a server, which approves by itself
   */
  runNow(
    request: JobRequest,
    approve: (plan: BatchPlan, batchId: string) => Promise<void>,
    acceptedUsd?: number,
  ): Promise<{ job: JobReport; batch: BatchReport }>;
  /** @throws AppError `job_not_found` */
  show(id: string): Promise<JobReport>;
  /** Newest first; `before` is the id of the last job of the page before. */
  list(options: { agent?: string; state?: JobState; before?: string; limit: number }): Promise<JobReport[]>;
  /** @throws AppError `job_not_found`, `batch_state_invalid` once it has started */
  cancel(id: string): Promise<JobReport>;
  /** @throws AppError `job_not_found`, `batch_state_invalid` once its queue is processed: the order is fixed then */
  setPriority(id: string, priority: number): Promise<JobReport>;
  queues(agent?: string): Promise<QueueReport[]>;
  /** Results that are sent to receivers, newest first. */
  deliveries(options: { state?: DeliveryReport['state']; limit: number }): Promise<DeliveryReport[]>;
  /** Makes a dead letter due again. @throws AppError `not_found` */
  retryDelivery(eventId: string): Promise<void>;
  /** What processing would cost; null when a price is unknown. Starts nothing. */
  estimate(agent?: string): Promise<{ expected_usd: number | null }>;
  /** Seals and starts what waits; see {@link processQueues}. */
  process(request: Processing): Promise<ProcessedQueue[]>;
}

/** Makes the jobs of one caller. */
export function createJobs(parts: JobsParts): Jobs {
  const { store, runner, caller, now } = parts;
  const owner = ownerSeenBy(caller);
  const read = async (id: string): Promise<JobRecord> => {
    requireScope(caller, 'read');
    const job = await store.readJob(id);
    if (job === undefined || (owner !== undefined && job.owner !== owner))
      throw new AppError('job_not_found', `There is no job ${id}.`);
    return job;
  };
  const report = async (job: JobRecord): Promise<JobReport> => {
    const columns = job.batch === null ? [] : ((await store.readBatch(job.batch.id))?.columns ?? []);
    return jobReportOf(job, columns);
  };
  const show = async (id: string): Promise<JobReport> => {
    const job = await read(id);
    const shown = await report(job);
    if (job.batch === null || job.row === null || job.row.attempt === 0) return shown;
    return { ...shown, ...costOf(await runner.trace(job.batch.id, job.row.row)) };
  };
  const change = async (id: string, done: boolean, what: string): Promise<JobReport> => {
    const shown = await show(id);
    if (done) return shown;
    throw new AppError('batch_state_invalid', `The job ${id} is ${shown.state}: it can't be ${what} any more.`);
  };
  return {
    async enqueue(requests, { key } = {}) {
      requireScope(caller, 'run');
      return enqueueJobs(requests, { key }, parts);
    },
    async runNow(request, approve) {
      requireScope(caller, 'run');
      return runNow(request, approve, { ...parts, show });
    },
    show,
    async list(options) {
      requireScope(caller, 'read');
      const jobs = await store.listJobs({ ...options, ...(owner !== undefined && { owner }) });
      const columns = new Map<string, string[]>();
      for (const { batch } of jobs) {
        if (batch !== null && !columns.has(batch.id))
          columns.set(batch.id, (await store.readBatch(batch.id))?.columns ?? []);
      }
      return jobs.map((job) => jobReportOf(job, columns.get(job.batch?.id ?? '') ?? []));
    },
    async cancel(id) {
      requireScope(caller, 'run');
      await read(id);
      return change(id, await store.cancelJob(id, now()), 'cancelled');
    },
    async setPriority(id, priority) {
      requireScope(caller, 'run');
      await read(id);
      return change(id, await store.setJobPriority(id, priority), 'moved');
    },
    async queues(agent) {
      requireScope(caller, 'read');
      return Promise.all((await store.listQueues(agent)).map((queue) => queueReport(queue, parts)));
    },
    async deliveries(options) {
      requireScope(caller, 'read');
      const own = owner !== undefined && { owner };
      return (await store.listDeliveries({ ...options, ...own })).map(deliveryReportOf);
    },
    async retryDelivery(eventId) {
      requireScope(caller, 'run');
      if (await store.retryDelivery(eventId, { at: now(), ...(owner !== undefined && { owner }) })) return;
      throw new AppError('not_found', `There is no dead letter ${eventId}.`);
    },
    async estimate(agent) {
      requireScope(caller, 'read');
      return { expected_usd: sumOf(await candidatesOf(agent, parts)) };
    },
    async process(request) {
      requireScope(caller, 'run');
      return processQueues(request, parts);
    },
  };
}

/** Jobs belong to the key that enqueued them: only the scope admin sees those of others. Without an owner, all. */
function ownerSeenBy({ id, scopes }: Caller): string | undefined {
  return scopes.includes('admin') ? undefined : id;
}

async function runNow(
  request: JobRequest,
  approve: (plan: BatchPlan, batchId: string) => Promise<void>,
  { show, ...parts }: JobsParts & Pick<Jobs, 'show'>,
): Promise<{ job: JobReport; batch: BatchReport }> {
  const { store, runner, caller, now } = parts;
  const [group] = await checkJobs([request], undefined, parts);
  const [job] = group?.jobs ?? [];
  if (group === undefined || job === undefined) throw new AppError('internal', 'The job was not checked.');
  const { queue, batch: standing } = group.opened;
  const inserted = await store.insertJobs({
    ...{ queue, owner: caller.id, standing, isAlone: true, jobs: [job], at: now() },
  });
  const [added] = inserted.state === 'inserted' ? inserted.jobs : [];
  if (added === undefined) throw new AppError('internal', 'The job was not stored.');
  if (added.isRepeated) {
    await runner.cancel(standing.id);
    const known = await show(added.id);
    return { job: known, batch: await runner.report(known.batch_id ?? standing.id) };
  }
  const cap = request.max_cost_usd;
  const options = { mode: 'realtime' as const, ...(cap !== undefined && { max_cost_usd: cap }) };
  try {
    const { report } = await runner.run(standing.id, { options }, approve);
    return { job: await show(job.id), batch: report };
  } catch (thrown) {
    await store.cancelJob(job.id, now());
    await runner.cancel(standing.id);
    throw thrown;
  }
}
