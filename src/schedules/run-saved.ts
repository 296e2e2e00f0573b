import { createHash } from 'node:crypto';
import { AppError, toAppError } from '../base/errors.ts';
import { dollars } from '../base/figures.ts';
import type { BatchPlan } from '../runner/contract/report/plan.ts';
import type { BatchRequest } from '../runner/contract/request/request.ts';
import type { ScheduledWork } from '../runner/contract/service/schedule.ts';
import { TOLERANCE } from '../runner/contract/service/tolerance.ts';
import { shareCap } from '../runner/intake/money/share-cap.ts';
import type { ScheduleRecord, ScheduleRun, StartedBatch } from '../storage/schedules.ts';
import { outputOf } from './output-place.ts';
import type { ScheduleOwner, ScheduleParts } from './schedule-parts.ts';

/** New files that one run reads; the next run reads the others. */
const MOST_FILES = 100;

/** What a run has started, and why not everything. */
export interface Started {
  started: StartedBatch[];
  error: AppError | null;
}

/** A run that carries out a saved request. */
export interface SavedRun {
  schedule: ScheduleRecord;
  work: ScheduledWork;
  action: Extract<ScheduledWork['action'], { type: 'run_batch' }>;
  run: Pick<ScheduleRun, 'id' | 'dueAt'>;
}

/** Starts the batch of a saved request, or one for each file that the schedule has not read before. */
export async function runSaved(
  saved: SavedRun,
  owner: ScheduleOwner,
  store: Pick<ScheduleParts['store'], 'readBatchOfKey'>,
): Promise<Started> {
  const { schedule, work, action, run } = saved;
  if (action.new_files_only) return runNewFiles(saved, owner, store);
  const limit = { cap: work.max_cost_usd, accepted: work.accepted_usd };
  const started = await start(
    withOutput(action.request, saved),
    { key: `schedule:${schedule.name}:${run.id}`, limit },
    owner,
  );
  return { started: [started], error: null };
}

/** A file that no earlier run has read. */
interface NewFile {
  name: string;
  request: BatchRequest;
  key: string;
}

async function runNewFiles(
  saved: SavedRun,
  owner: ScheduleOwner,
  store: Pick<ScheduleParts['store'], 'readBatchOfKey'>,
): Promise<Started> {
  const { max_cost_usd: cap, accepted_usd: accepted } = saved.work;
  const faults: { name: string; fault: AppError }[] = [];
  const planned: { file: NewFile; cost: number | null }[] = [];
  for (const file of await newFiles(saved, owner, store)) {
    const plan = await owner.runner.plan(file.request).catch(toAppError);
    const fault = plan instanceof AppError ? plan : problemOf(plan);
    if (fault !== undefined) faults.push({ name: file.name, fault });
    else planned.push({ file, cost: (plan as BatchPlan).spending_usd });
  }
  const costs = planned.map(({ cost }) => cost);
  if (cap === undefined) requireAccepted(sumOf(costs), accepted);
  const shares = cap === undefined ? [] : shareCap(cap, costs);
  const started: StartedBatch[] = [];
  for (const [index, { file, cost }] of planned.entries()) {
    const limit = { cap: shares[index], accepted: cost ?? undefined };
    try {
      started.push(await start(file.request, { key: file.key, limit }, owner));
    } catch (thrown) {
      faults.push({ name: file.name, fault: toAppError(thrown) });
    }
  }
  const [first] = faults;
  const messages = faults.map(({ name, fault }) => `${name}: ${fault.message}`).join('\n');
  return { started, error: first === undefined ? null : new AppError(first.fault.code, messages) };
}

/** @throws AppError `option_not_supported` where the source has no files */
async function newFiles(
  saved: SavedRun,
  { tables }: ScheduleOwner,
  store: Pick<ScheduleParts['store'], 'readBatchOfKey'>,
): Promise<NewFile[]> {
  const { request } = saved.action;
  const places = await tables.places(request.csv_uri).catch((thrown: unknown) => {
    // A folder that is still empty has nothing new.
    if (thrown instanceof AppError && thrown.code === 'file_not_found') return [];
    throw thrown;
  });
  const files: NewFile[] = [];
  for (const { identity, name, uri } of places) {
    if (uri === undefined)
      throw new AppError('option_not_supported', `${request.csv_uri} has no files, which new_files_only selects.`);
    // A schedule of the same name that was deleted has read nothing for this one.
    const { name: schedule, createdAt } = saved.schedule;
    const place = createHash('sha256').update(identity).digest('hex').slice(0, 32);
    const key = `schedule:${schedule}:${createdAt}:file:${place}`;
    if ((await store.readBatchOfKey(key)) !== undefined) continue;
    files.push({ name, key, request: withOutput({ ...request, csv_uri: uri }, { ...saved, file: name }) });
    if (files.length === MOST_FILES) break;
  }
  return files;
}

function withOutput(request: BatchRequest, { schedule, run, file }: SavedRun & { file?: string }): BatchRequest {
  const { output_uri: uri } = request;
  if (uri === undefined) return request;
  const parts = { at: run.dueAt, timeZone: schedule.timeZone, run: run.id, ...(file !== undefined && { file }) };
  return { ...request, output_uri: outputOf(uri, parts) };
}

interface Limit {
  cap: number | undefined;
  accepted: number | undefined;
}

async function start(
  request: BatchRequest,
  { key, limit: { cap, accepted } }: { key: string; limit: Limit },
  { runner }: ScheduleOwner,
): Promise<StartedBatch> {
  const caps = [cap, request.options?.max_cost_usd].filter((one) => one !== undefined);
  const options = {
    ...{ ...request.options, idempotency_key: key },
    ...(caps.length > 0 && { max_cost_usd: Math.min(...caps) }),
  };
  const { report, plan } = await runner.create({ ...request, options }, async ({ spending_usd: expected }) => {
    if (cap === undefined) requireAccepted(expected, accepted);
  });
  const agent = plan.agent === null ? null : `${plan.agent.name}@${plan.agent.version}`;
  return { batchId: report.batch_id, agent, rows: plan.row_count };
}

function requireAccepted(expected: number | null, accepted: number | undefined): void {
  if (accepted !== undefined && expected !== null && expected <= accepted * TOLERANCE) return;
  const cost = expected === null ? 'Its cost is unknown' : `It may cost ${dollars(expected)}`;
  const before = accepted === undefined ? '' : `, and ${dollars(accepted)} was accepted`;
  throw new AppError(
    'confirmation_needed',
    `${cost}${before}. Change accepted_usd of the schedule, or set max_cost_usd.`,
  );
}

function sumOf(costs: readonly (number | null)[]): number | null {
  return costs.reduce<number | null>((sum, cost) => (sum === null || cost === null ? null : sum + cost), 0);
}

function problemOf({ problems: [first] }: BatchPlan): AppError | undefined {
  return first === undefined ? undefined : new AppError(first.code, first.message);
}
