import { count, counted, dollars, GIGABYTE } from '../../base/figures.ts';
import type { JobStore } from '../../storage/jobs.ts';
import type { OverviewStore } from '../../storage/overview.ts';
import type { ScheduleStore } from '../../storage/schedules.ts';
import type { UsageStore } from '../../storage/usage.ts';
import type { AlertLimits, AlertRule } from './alert-rules.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Fewer attempts say nothing about a share. */
const LEAST_ATTEMPTS = 20;

/** Something that is wrong now. */
export interface Condition {
  rule: AlertRule;
  subject: string;
  message: string;
  /** What was measured, in the unit of the rule; null where nothing is. */
  value: number | null;
  batchId?: string;
}

/** What the rules read. */
export type ConditionStore = UsageStore &
  OverviewStore &
  Pick<JobStore, 'listQueues'> &
  Pick<ScheduleStore, 'listSchedules' | 'listScheduleRuns'>;

interface Look {
  store: ConditionStore;
  now: number;
}

type Find = (limit: number, look: Look) => Promise<Omit<Condition, 'rule'>[]>;

/** The rules that look at the store. */
const RULES: { [rule in AlertRule]?: Find } = {
  'success-share': lowShares,
  'stalled-batch': stalledBatches,
  'late-provider-job': lateJobs,
  'queue-age': oldQueues,
  'day-spending': daySpending,
  'database-size': databaseSize,
  'failed-schedule': failedSchedules,
};

/** The rules that {@link findConditions} decides. */
export const STORE_RULES = Object.keys(RULES) as AlertRule[];

/** What is wrong now, by the rules that look at the store. */
export async function findConditions(limits: AlertLimits, look: Look): Promise<Condition[]> {
  const found: Condition[] = [];
  for (const rule of STORE_RULES) {
    const limit = limits[rule];
    if (limit === null) continue;
    for (const condition of (await RULES[rule]?.(limit, look)) ?? []) found.push({ rule, ...condition });
  }
  return found;
}

async function lowShares(limit: number, { store, now }: Look) {
  const sums = await store.readUsage({ from: now - HOUR_MS, to: now + MINUTE_MS, seconds: null, by: ['agent', 'way'] });
  return sums.flatMap(({ by, rowsSucceeded, rowsFailed }) => {
    const attempts = rowsSucceeded + rowsFailed;
    const share = (rowsSucceeded / attempts) * 100;
    if (by.way !== 'row' || attempts < LEAST_ATTEMPTS || share >= limit) return [];
    const of = `Of ${counted(attempts, 'attempt')} of the agent ${by.agent} in the last hour`;
    const message = `${of}, only ${count(share)} % succeeded; the limit is ${count(limit)} %. "rowmill batches" shows the batches with their failures.`;
    return [{ subject: by.agent ?? '', message, value: share }];
  });
}

async function stalledBatches(limit: number, { store, now }: Look) {
  const since = now - limit * MINUTE_MS;
  const [batches, jobs, sums] = await Promise.all([
    store.readActiveBatches(),
    store.readOpenProviderJobs(),
    store.readUsage({ from: since, to: now + MINUTE_MS, seconds: null, by: ['batch'] }),
  ]);
  const busy = new Set([...jobs.map(({ batchId }) => batchId), ...sums.map(({ by }) => by.batch)]);
  return batches.flatMap(({ id, status, activeSince, queued, running }) => {
    if (status !== 'running' || (activeSince ?? now) > since || busy.has(id)) return [];
    const message = `The batch ${id} is running, but got no answer for ${count(limit)} minutes; ${counted(queued + running, 'row')} remain. "rowmill batches show ${id}" says whether a process runs it.`;
    return [{ subject: id, message, value: null, batchId: id }];
  });
}

async function lateJobs(limit: number, { store, now }: Look) {
  const jobs = await store.readOpenProviderJobs();
  return jobs.flatMap(({ id, batchId, provider, submittedAt, requests }) => {
    if (submittedAt === null || now - submittedAt <= limit * HOUR_MS) return [];
    const message = `A job of ${counted(requests, 'request')} at ${provider}, of the batch ${batchId}, takes more than ${count(limit)} hours. Its rows wait; "rowmill batches show ${batchId}" shows it.`;
    return [{ subject: id, message, value: (now - submittedAt) / HOUR_MS, batchId }];
  });
}

async function oldQueues(limit: number, { store, now }: Look) {
  const queues = await store.listQueues();
  return queues.flatMap(({ agent, version, model, waiting, oldestAt }) => {
    if (oldestAt === null || now - oldestAt <= limit * HOUR_MS) return [];
    const name = `${agent}@${version} ${model}`;
    const message = `${counted(waiting, 'job')} of ${name} wait, the oldest for more than ${count(limit)} hours. "rowmill queues process ${agent}" runs them.`;
    return [{ subject: name, message, value: (now - oldestAt) / HOUR_MS }];
  });
}

async function daySpending(limit: number, { store, now }: Look) {
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  const [sum] = await store.readUsage({ from: midnight, to: now + MINUTE_MS, seconds: null, by: [] });
  const spent = (sum?.costMicroUsd ?? 0) / 1e6;
  if (spent <= limit) return [];
  const message = `${dollars(spent)} were spent today; the limit is ${dollars(limit)}.`;
  return [{ subject: 'service', message, value: spent }];
}

async function databaseSize(limit: number, { store }: Look) {
  const bytes = await store.readSize();
  if (bytes <= limit * GIGABYTE) return [];
  const message = `The database has ${count(bytes / GIGABYTE)} GB; the limit is ${count(limit)} GB. Delete batches that nobody needs (rowmill batches delete).`;
  return [{ subject: 'service', message, value: bytes / GIGABYTE }];
}

/** A schedule has failed until its next run succeeds. */
async function failedSchedules(_limit: number, { store }: Look) {
  const found = await Promise.all(
    (await store.listSchedules()).map(async ({ name }) => {
      const runs = await store.listScheduleRuns({ schedule: name, limit: 2 });
      const last = runs.find(({ state }) => state !== 'running');
      if (last?.state !== 'failed') return [];
      const why = last.error === null ? '' : ` ${last.error.message}`;
      const message = `The last run of the schedule ${name} failed.${why} "rowmill schedules show ${name}" shows its history.`;
      return [{ subject: name, message, value: null }];
    }),
  );
  return found.flat();
}
