import { AppError } from '../../base/errors.ts';
import { REPLACEMENT } from '../../base/json/well-formed.ts';
import type { BatchRecord, BatchStatus } from '../../storage/batches.ts';
import type { LiveSource } from '../../tables/row-source.ts';
import type { StoredPlan } from '../contract/report/stored-plan.ts';
import { isCollected } from '../contract/request/collect.ts';
import { readingOf } from '../contract/request/reading.ts';
import { endElsewhere, isElsewhere } from '../execution/process-rows.ts';
import { openEarlierAnswers } from '../intake/continuation.ts';
import { loadRows } from '../intake/table/load-rows.ts';
import { aggregateResults } from '../output/aggregate-results.ts';
import { createRepairCount } from '../output/repaired-rows.ts';
import { planOf, storedPlanOf } from '../output/results.ts';
import { writtenStyle } from '../output/written-style.ts';
import { createTruncationCount, withTruncation } from '../rows/input-messages.ts';
import { checkMapping } from '../rows/mapping.ts';
import { nextBatchStatus } from './batch.ts';
import { atHome, change, type Drive, openAgent, pause, settle, storable, stored } from './drive-context.ts';
import { createLiveTuning } from './live-tuning.ts';
import { pruneTime } from './retention.ts';
import { endRowFlow } from './row-flow.ts';
import { placeSample, randomSampleOf } from './sample-places.ts';
import { settingsOf, tuningOf } from './settings.ts';

/** The states before and after the rows run, each with the function that takes a batch through it. */
export const STEPS = { validating: validate, loading: load, aggregating: aggregate };

async function validate(batch: BatchRecord, drive: Drive): Promise<'on'> {
  const plan = planOf(batch);
  const agent = await openAgent(plan, drive);
  const toolSpecs = plan.toolSpecs ?? agent.toolSpecs;
  if (isCollected(plan.request)) return beginCollected(batch, drive, { ...storedPlanOf(batch), toolSpecs });
  const status = nextBatchStatus('validating', { type: 'valid' });
  return change(batch, drive, { status, plan: storable({ ...storedPlanOf(batch), toolSpecs }) });
}

/** The rows of a batch that has collected them are in the store: they are neither cleared nor loaded again. */
async function beginCollected(batch: BatchRecord, drive: Drive, plan: StoredPlan): Promise<'on'> {
  const { tables } = atHome(drive.deps, plan);
  const { rows } = batch.totals;
  checkColumns(plan, batch.columns ?? []);
  await tables.checkWriter(plan.outputUri, [], { overwrite: true, rows });
  const sample = randomSampleOf(batch);
  for (let row = 0; sample !== undefined && row < rows; row += 1) sample.see(row);
  if (sample !== undefined) await placeSample(sample.rows(), drive);
  return change(batch, drive, {
    status: nextBatchStatus('validating', { type: 'ready' }),
    plan: storable(plan),
    delivers: tables.writerKind(plan.outputUri) === 'records',
    ...(sample !== undefined && { limitsPlaces: true }),
  });
}

async function load(batch: BatchRecord, drive: Drive): Promise<'on'> {
  const plan = planOf(batch);
  const { deps, fence } = drive;
  const { tables } = atHome(deps, plan);
  const signal = drive.drain.signal;
  const options = plan.reading ?? plan.request.reading;
  const reading = readingOf(options);
  const source = await tables.openSource(plan.request.csv_uri, { signal, batchId: batch.id, reading });
  const isLive = source.loads === 'while-running';
  const delivers = tables.writerKind(plan.outputUri) === 'records' || (isLive && source.ack !== undefined);
  if (delivers) await deps.store.updateBatch(batch.id, { delivers }, { fence });
  if (isLive) return beginIntake(batch, drive, source);
  const { continues } = plan.request;
  const outputMapping = plan.request.output_mapping ?? {};
  const table = { ...plan, columns: () => source.columns(), outputMapping, reading: options };
  const earlier =
    continues === undefined
      ? undefined
      : await openEarlierAnswers(continues, table, deps).catch(async (fault: unknown) => {
          await source.close();
          throw fault;
        });
  const sample = randomSampleOf(batch);
  const loaded = await loadRows(source, fence, { deps, signal, earlier, sample }).finally(() => earlier?.close());
  if (loaded.rows === 0 && plan.request.options?.allow_empty !== true)
    throw new AppError('no_rows', `${source.uri} has no rows.`);
  checkColumns(plan, loaded.columns);
  // The number of rows is certain only now, and nothing has been spent yet.
  await tables.checkWriter(plan.outputUri, [], { overwrite: true, rows: loaded.rows });
  if (sample !== undefined) await placeSample(sample.rows(), drive);
  const status = nextBatchStatus('loading', { type: 'loaded' });
  const { columns, types, parts, keptRows, warnings: loadWarnings } = loaded;
  const known = {
    ...(types && { columnTypes: types }),
    ...(parts && { parts }),
    ...(keptRows !== undefined && { keptRows }),
  };
  const next = storable({ ...storedPlanOf(batch), ...known });
  const limits = sample === undefined ? {} : { limitsPlaces: true };
  return change(batch, drive, { status, columns, loadWarnings, plan: next, ...limits });
}

/** The rows of a live source are loaded while they run, so only its columns are known before. */
async function beginIntake(batch: BatchRecord, drive: Drive, source: LiveSource): Promise<'on'> {
  const columns = source.columns();
  const loadWarnings = source.warnings().map(({ message }) => message);
  const intake = { isOver: false, total: source.total };
  await source.close();
  checkColumns(planOf(batch), columns);
  return change(batch, drive, {
    status: nextBatchStatus('loading', { type: 'loaded' }),
    columns,
    loadWarnings,
    intake,
  });
}

/** @throws AppError with every reason why the columns don't fit the mapping */
function checkColumns({ inputMapping, agent }: StoredPlan, columns: string[]): void {
  const problems = checkMapping(inputMapping, agent.input, columns);
  const [first] = problems;
  if (first !== undefined) throw new AppError(first.code, problems.map((problem) => problem.message).join(' '));
}

async function aggregate(batch: BatchRecord, drive: Drive): Promise<'on'> {
  const plan = planOf(batch);
  await endWorkElsewhere(batch, drive);
  await endRowFlow(batch, drive);
  const cut = createTruncationCount(plan.agent);
  const repaired = createRepairCount();
  const output = await aggregateResults(batch, plan.outputUri, {
    deps: atHome(drive.deps, plan),
    style: writtenStyle(plan.request.options),
    // A redrive replaces the table of its own batch, and no other table that was written over it since.
    overwrite: batch.output?.uri === plan.outputUri ? 'own' : plan.request.options?.overwrite === true,
    signal: drive.hard.signal,
    // A process that was suspended must not overwrite the table of the process that took over.
    beforeCommit: async () => void (await drive.deps.store.renewLease(drive.fence)),
    onRow(row) {
      cut.see(row.input);
      repaired.see(row);
    },
    // Only fields of a prompt are cut.
    ...(plan.agent.prompt === undefined && { seen: { text: REPLACEMENT } }),
  });
  const loadWarnings = repaired.addTo(withTruncation(batch.loadWarnings, plan.agent, cut.rows()));
  const status = nextBatchStatus('aggregating', { type: 'aggregated', ending: batch.ending ?? 'completed' });
  const endedAt = drive.deps.clock.now();
  const pruneAt = pruneTime(plan.request.options, endedAt);
  const counts = { truncated_rows: cut.rows(), truncated_fields: cut.fields() };
  const settings = cut.rows() === 0 ? {} : { settings: counts };
  return change(batch, drive, { status, output, loadWarnings, endedAt, pruneAt, control: null, ...settings });
}

/** When a batch ends before its work outside this process, collects the results that exist by then. */
async function endWorkElsewhere(batch: BatchRecord, drive: Drive): Promise<void> {
  const { deps, fence, hard } = drive;
  if (!(await isElsewhere(drive))) return;
  const agent = await openAgent(planOf(batch), drive);
  const tuning = createLiveTuning(tuningOf(storedPlanOf(batch), settingsOf(batch)));
  await endElsewhere({ batch, fence, agent, deps, tuning, drain: hard.signal, hard: hard.signal });
}

/**
 * Handles a failed step. A failure before the first row can't be fixed by waiting: it ends the batch, before any money
 * is spent. A failed aggregation pauses it.
 */
export async function stepFailed(batch: BatchRecord, drive: Drive, error: AppError): Promise<'on' | 'rest'> {
  if (error.code === 'lease_lost' || error.code === 'store_unavailable') throw error;
  if (drive.wanted !== undefined) return settle(batch, drive);
  drive.deps.log.warn({ batchId: batch.id, code: error.code, status: batch.status }, 'batch step failed');
  if (batch.status === 'aggregating') return pause(batch, drive, { reason: 'fatal', error: stored(error) });
  const status: BatchStatus = nextBatchStatus(batch.status, { type: 'invalid' });
  return change(batch, drive, { status, error: stored(error), endedAt: drive.deps.clock.now(), control: null });
}
