import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { AgentDefinition } from '../../agent/definition.ts';
import { AppError } from '../../base/errors.ts';
import type { BatchPlan } from '../../runner/contract/report/plan.ts';
import type { BatchReport } from '../../runner/contract/report/report.ts';
import type { BatchRequest } from '../../runner/contract/request/request.ts';
import { ENDED } from '../../runner/lifecycle/batch.ts';
import type { App } from '../app.ts';
import { type Job, requestOf } from './batch-of-split.ts';
import { type Split, separateFiles } from './folders.ts';

/** A split as a batch that can run. */
export interface PlannedSplit {
  split: Split;
  request: BatchRequest;
  plan: BatchPlan;
  /** Placeholders without a column in its table. */
  missing: string[];
}

/**
 * Plans every split of a job before the first one is started.
 * @throws AppError the first problem's code, with the problems of all splits in the message
 */
export async function planSplits(app: App, job: Job): Promise<PlannedSplit[]> {
  const planned: PlannedSplit[] = [];
  for (const split of job.folder.splits) planned.push(...(await planSplit(app, split, job)));
  const problems = planned.flatMap(({ split, plan }) => plan.problems.map((problem) => ({ split, problem })));
  const [first] = problems;
  if (first === undefined) return planned;
  const messages = problems.map(({ split, problem }) => `${split.name}: ${problem.message}`);
  throw new AppError(first.problem.code, messages.join('\n'));
}

/** The batch of a split. Files whose columns differ are not one table: then each has a batch of its own. */
async function planSplit(app: App, split: Split, job: Job): Promise<PlannedSplit[]> {
  // The first plan reads the columns, on which the mapping depends.
  const { columns, problems } = await app.runner.plan(requestOf(split, [], job).request);
  if (split.files.length > 1 && problems.some(({ code }) => code === 'not_a_table')) {
    const separate = await Promise.all(separateFiles(split).map((one) => planSplit(app, one, job)));
    return separate.flat();
  }
  const { request, missing } = requestOf(split, columns, job);
  return [{ split, request, missing, plan: await app.runner.plan(request) }];
}

/** A split with the request of its batch, and the batch if it exists. */
export interface RunSplit extends PlannedSplit {
  /** Its batch, if an earlier process has started it. */
  begun: BatchReport | undefined;
}

/**
 * The splits of a job, with the batches of an earlier process that did not finish the same job. A job is the same if its
 * files, prompts, schema and settings are. A finished job is run again.
 */
export async function takeUp(
  app: App,
  planned: readonly PlannedSplit[],
  { agent, summaryFolder }: { agent: AgentDefinition; summaryFolder: string },
): Promise<RunSplit[]> {
  const job = await digestOf(planned, agent);
  for (let run = 1; ; run += 1) {
    const splits: RunSplit[] = [];
    for (const [at, one] of planned.entries()) {
      const key = `bedrock-processing/${job}/${run}/${at}`;
      const request = { ...one.request, options: { ...one.request.options, idempotency_key: key } };
      splits.push({ ...one, request, begun: await app.runner.find(key) });
    }
    if (!(await isOver(splits, summaryFolder))) return splits;
  }
}

async function digestOf(planned: readonly PlannedSplit[], agent: AgentDefinition): Promise<string> {
  const files: [string, number, number][] = [];
  for (const path of planned.flatMap(({ split }) => split.files)) {
    const { size, mtimeMs } = await stat(path);
    files.push([path, size, mtimeMs]);
  }
  const text = JSON.stringify([agent, planned.map(({ request }) => request), files]);
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/**
 * Whether a run is over: one of its batches failed or was cancelled; or all have ended, and its final summary is written
 * or one of its tables was removed.
 */
async function isOver(splits: readonly RunSplit[], summaryFolder: string): Promise<boolean> {
  const reports = splits.map(({ begun }) => begun);
  if (reports.some((report) => report?.status === 'failed' || report?.status === 'cancelled')) return true;
  const ids = reports.flatMap((report) =>
    report !== undefined && ENDED.includes(report.status) ? [report.batch_id] : [],
  );
  if (ids.length < splits.length) return false;
  return (await isSummarized(ids, summaryFolder)) || !splits.every(({ split }) => existsSync(split.output));
}

async function isSummarized(batchIds: readonly string[], folder: string): Promise<boolean> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((one) => one.startsWith('processing_summary_'))) {
    const { data } = wireSummary.safeParse(parsed(await readFile(join(folder, name), 'utf8')));
    // The summary of a paused job names the same batches.
    const ended = data?.splits_processed.flatMap(({ batch_id, status }) =>
      ENDED.some((one) => one === status) ? [batch_id] : [],
    );
    if (batchIds.every((id) => ended?.includes(id))) return true;
  }
  return false;
}

const wireSummary = z.looseObject({
  splits_processed: z.array(z.looseObject({ batch_id: z.string(), status: z.string() })),
});

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A file that was cut, or that is not ours: no summary.
    return undefined;
  }
}
