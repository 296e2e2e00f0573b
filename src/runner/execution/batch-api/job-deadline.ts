import { settingsOf } from '../../lifecycle/settings.ts';
import { type ProviderJobRun, readNow } from './provider-job-run.ts';

const HOUR_MS = 3_600_000;

/**
 * When the deadline of the batch's provider jobs passes, in milliseconds since the epoch. It counts from the first job,
 * or from the resume after an earlier deadline; undefined without a deadline. @param first when no job was created yet
 */
export async function batchDeadline(run: ProviderJobRun, first: number): Promise<number | undefined> {
  const { batch_deadline_hours: hours } = run.asked;
  if (hours === undefined) return undefined;
  const { deps, fence } = run.options;
  const jobs = await deps.store.readProviderJobs(fence.batchId);
  const begins = jobs.flatMap(({ submittedAt }) => (submittedAt === null ? [] : [submittedAt]));
  const { deadline_from: from } = settingsOf(await readNow(run));
  return (from ?? Math.min(first, ...begins)) + hours * HOUR_MS;
}

/** When a job that is submitted now ends, whatever is answered by then; null when unknown. */
export async function deadlineOf(run: ProviderJobRun, submittedAt: number): Promise<number | null> {
  const { hours } = run.api.limits;
  const own = await batchDeadline(run, submittedAt);
  const ends = [own, hours === undefined ? undefined : submittedAt + hours * HOUR_MS].filter((at) => at !== undefined);
  return ends.length === 0 ? null : Math.min(...ends);
}
