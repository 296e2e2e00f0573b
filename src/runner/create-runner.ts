import { AppError } from '../base/errors.ts';
import type { BatchRecord } from '../storage/batches.ts';
import type { RowStatus } from '../storage/rows.ts';
import type { WrittenStyle } from '../tables/row-writer.ts';
import { budgetKeyOf, type Caller, localCaller, type Scope } from './contract/caller.ts';
import type { BatchReport } from './contract/report/report.ts';
import type { RowReport } from './contract/report/row.ts';
import { appendRequest, collectRequest, sealRequest } from './contract/request/collect.ts';
import { inlineAgent } from './contract/request/inline-agent.ts';
import { batchTuning } from './contract/request/options.ts';
import { renderRequest } from './contract/request/preview.ts';
import { type RetryRequest, resumeRequest, retryRequest } from './contract/request/request.ts';
import { rowMapQuery } from './contract/request/row-query.ts';
import type { RunnerDeps } from './deps.ts';
import { defineInline } from './intake/agent/define-inline.ts';
import { registeredVersion } from './intake/answer-fields/own-fields.ts';
import { parseRequest } from './intake/check-request.ts';
import { createBatch } from './intake/create-batch.ts';
import { checkReplacing } from './intake/output-place.ts';
import { appendRows, collectBatch, planCollected, sealBatch } from './intake/standing/collect.ts';
import { openStandingBatch } from './intake/standing/standing-batch.ts';
import { renderRow } from './intake/table/render-row.ts';
import { planBatch } from './intake/validate-input.ts';
import { ENDED } from './lifecycle/batch.ts';
import { emitCreated } from './lifecycle/batch-events.ts';
import { checkRetryModel } from './lifecycle/check-retry-model.ts';
import { cancelBatch, pauseBatch, tuneBatch } from './lifecycle/control.ts';
import { driveBatch } from './lifecycle/drive.ts';
import { planRetry, resumeBatch, retryBatch } from './lifecycle/redrive.ts';
import { keepHouse, pruneDue, removeBatch } from './lifecycle/retention.ts';
import { isRequeue, planRequeue, requeueRow } from './lifecycle/retry-row.ts';
import { askForRow } from './lifecycle/row-requests.ts';
import { aggregateResults } from './output/aggregate-results.ts';
import { batchFlow } from './output/batch-flow.ts';
import { toUsd } from './output/bill.ts';
import { exportRecords } from './output/deliver-rows.ts';
import { exportSource } from './output/export-source.ts';
import { findBatchId } from './output/find-batch-id.ts';
import { reportBatch, reportBatches } from './output/report.ts';
import {
  batchNotFound,
  outputHeader,
  outputRows,
  planOf,
  rowReports,
  sourceRows,
  storedPlanOf,
  storedStatus,
  toCsv,
} from './output/results.ts';
import { browseRows } from './output/rows/browse-rows.ts';
import { exportRows, tableColumns } from './output/rows/export-rows.ts';
import { createRowOrders, type RowOrders } from './output/rows/row-orders.ts';
import { searchRows } from './output/rows/search-rows.ts';
import { batchStatistics } from './output/statistics/statistics.ts';
import { traceRow } from './output/trace-row.ts';
import { watchBatch } from './output/watch-batch.ts';
import { requireScope } from './require-scope.ts';
import { createKeyGates } from './rows/day-gate.ts';
import { createFlights } from './rows/flights.ts';
import type { Runner } from './runner.ts';

/** Makes the runner; see {@link Runner} for what each method does. */
export function createRunner(given: RunnerDeps): Runner {
  const deps = { flights: createFlights(), keyGates: createKeyGates(), orders: createRowOrders(given), ...given };
  // Bound to its caller: a face names the caller once, when it is created, and not at each call.
  return bind(localCaller('process'), deps);
}

function bind(caller: Caller, deps: RunnerDeps & { orders: RowOrders }): Runner {
  const { store } = deps;
  const own = () => ({ ...deps, tables: deps.tablesOf?.(caller) ?? deps.tables });
  const read = async (id: string, scope: Scope = 'read'): Promise<BatchRecord> => {
    requireScope(caller, scope);
    const batch = await store.readBatch(id);
    if (batch === undefined) throw batchNotFound(id);
    return batch;
  };
  const readRetry = async (id: string, given: RetryRequest, scope: Scope): Promise<[BatchRecord, RetryRequest]> => {
    const batch = await read(id, scope);
    const request = parseRequest(retryRequest, given);
    checkRetryModel(batch, request, caller);
    // The calls of a retry count to the one who retries.
    return [{ ...batch, budgetKey: budgetKeyOf(caller) }, request];
  };
  const report = async (id: string): Promise<BatchReport> => reportBatch(await read(id), deps);
  return {
    as: (other) => bind(other, deps),
    async plan(request) {
      requireScope(caller, 'read');
      return planBatch(request, own(), caller);
    },
    async render(given) {
      requireScope(caller, 'read');
      return renderRow(parseRequest(renderRequest, given), own(), caller);
    },
    async create(request, approve) {
      requireScope(caller, 'run');
      return createBatch(request, approve, { deps: own(), caller });
    },
    async collect(given) {
      requireScope(caller, 'run');
      const { batch, inserted } = await collectBatch(parseRequest(collectRequest, given), { deps, caller });
      if (inserted) emitCreated(batch, deps);
      return { report: await reportBatch(batch, deps), started: inserted };
    },
    async append(id, given) {
      return appendRows(await read(id, 'run'), parseRequest(appendRequest, given), deps);
    },
    async planRun(id, given = {}) {
      return (await planCollected(await read(id), parseRequest(sealRequest, given), { deps, caller })).plan;
    },
    async run(id, given = {}, approve) {
      const request = parseRequest(sealRequest, given);
      const plan = await sealBatch(await read(id, 'run'), { ...request, approve }, { deps, caller });
      return { report: await report(id), plan };
    },
    async openStanding(target, options) {
      requireScope(caller, 'run');
      return openStandingBatch(target, options, { deps, caller });
    },
    async drive(id, options = {}) {
      await read(id);
      const batch = await driveBatch(id, options, deps);
      if (ENDED.includes(batch.status)) await pruneDue(deps, options.signal);
      return reportBatch(batch, deps);
    },
    async *watch(id, signal, leastMs) {
      await read(id);
      yield* watchBatch(id, { signal, leastMs }, deps);
    },
    async resume(id, change) {
      await resumeBatch(await read(id, 'run'), parseRequest(resumeRequest, change ?? {}), deps);
      return report(id);
    },
    async pause(id) {
      await pauseBatch(await read(id, 'run'), deps);
      return report(id);
    },
    async set(id, tuning) {
      await tuneBatch(await read(id, 'run'), parseRequest(batchTuning, tuning), deps);
      return report(id);
    },
    async planRetry(id, request) {
      const [batch, checked] = await readRetry(id, request, 'read');
      if (isRequeue(batch, checked)) return planRequeue(batch, checked, deps);
      const { rows, estimate } = await planRetry(batch, checked, deps);
      return { rows, estimate };
    },
    async retry(id, request) {
      const [batch, checked] = await readRetry(id, request, 'run');
      await (isRequeue(batch, checked) ? requeueRow : retryBatch)(batch, checked, deps);
      return report(id);
    },
    async cancel(id) {
      await cancelBatch(await read(id, 'run'), deps);
      return report(id);
    },
    async cancelRow(id, row) {
      await askForRow(await read(id, 'run'), { row, act: 'cancel' }, deps);
      return report(id);
    },
    report,
    async continuationOf(id) {
      const batch = await read(id);
      const { request, agent } = storedPlanOf(batch);
      const { reading, target, input_mapping, output_mapping } = request;
      const { name } = agent;
      const { fields } = target;
      return {
        ...(reading !== undefined && { reading }),
        target:
          target.type === 'inline'
            ? target
            : { type: 'agent', name, version: registeredVersion(agent), ...(fields !== undefined && { fields }) },
        ...(input_mapping !== undefined && { input_mapping }),
        ...(output_mapping !== undefined && { output_mapping }),
        continues: { batch_id: batch.id },
      };
    },
    async idOf(name) {
      requireScope(caller, 'read');
      return findBatchId(name, store);
    },
    async find(key) {
      requireScope(caller, 'read');
      const batch = await store.readBatchOfKey(key);
      return batch === undefined ? undefined : reportBatch(batch, deps);
    },
    async list(options) {
      requireScope(caller, 'read');
      return reportBatches(await store.listBatches(options), deps);
    },
    async savings() {
      requireScope(caller, 'read');
      const { discountMicroUsd, cacheMicroUsd } = await store.readSavings();
      return { batch_api_usd: toUsd(discountMicroUsd), cache_usd: toUsd(cacheMicroUsd) };
    },
    flow: async (id) => batchFlow(await read(id), deps),
    statistics: async (id) => batchStatistics(await read(id), deps),
    rows: async (id, options) => readRows(await read(id), options, deps),
    browse: async (id, query) => browseRows(await read(id), query, deps),
    async rowMap(id, query) {
      const { ranges } = parseRequest(rowMapQuery, query);
      const batch = await read(id);
      const found = await store.readRowRanges(batch.id, ranges);
      return { total: found.reduce((sum, { rows }) => sum + rows, 0), ranges: found };
    },
    async *search(id, query, signal) {
      yield* searchRows(await read(id), query, { store, signal });
    },
    trace: async (id, row) => traceRow(await read(id), row, deps),
    async exportTable(id, uri, { overwrite: mayOverwrite = false, status, ...given } = {}) {
      const batch = await read(id, 'run');
      const isTable = deps.tables.writerKind(uri) === 'table';
      const style = status === undefined && isTable ? { ...safetyOf(batch), ...given } : given;
      if (batch.columns === null)
        throw new AppError('batch_state_invalid', `The batch ${id} has not loaded its table yet.`);
      const isOwn = status === undefined && batch.output?.uri === deps.tables.absolute(uri);
      const overwrite = mayOverwrite || (isOwn && ('own' as const));
      const check = { overwrite, style, batchId: id };
      checkReplacing(uri, mayOverwrite, deps);
      await deps.tables.checkWriter(uri, [planOf(batch).request.csv_uri], check);
      if (status !== undefined) return exportSource(batch, uri, { status, style, overwrite: mayOverwrite, deps });
      if (!isTable) return exportToRecords(batch, uri, deps);
      return aggregateResults(batch, uri, { deps, overwrite, style });
    },
    async *csv(id, { status, ...style } = {}) {
      const batch = await read(id);
      // Source rows go back into a batch, so they stay as they are unless the caller asks.
      if (status !== undefined)
        yield* toCsv(batch.columns ?? [], sourceRows(batch, store, storedStatus(status)), style);
      else yield* toCsv(outputHeader(batch), outputRows(batch, store), { ...safetyOf(batch), ...style });
    },
    exportColumns: async (id) => tableColumns(await read(id)),
    async export(id, query) {
      const batch = await read(id);
      const isSafe = query.spreadsheet_safe ?? safetyOf(batch).spreadsheetSafe;
      return exportRows(batch, { ...query, ...(isSafe !== undefined && { spreadsheet_safe: isSafe }) }, deps);
    },
    lapsed: () => store.listLapsedBatches(),
    remove: async (id, { force = false } = {}) => removeBatch(await read(id, 'run'), force, deps),
    keepHouse: (signal) => keepHouse(deps, signal),
    async define(agent, columns = []) {
      requireScope(caller, 'read');
      return defineInline(parseRequest(inlineAgent, agent), deps, { columns, face: caller.face });
    },
    schemasOf: (agent) => ({ input: agent.input ?? null, output: agent.structured_output.schema ?? null }),
  };
}

/** A batch that was started with neutralised cells is never exported with others by default. */
function safetyOf(batch: BatchRecord): WrittenStyle {
  return planOf(batch).request.options?.spreadsheet_safe === true ? { spreadsheetSafe: true } : {};
}

async function exportToRecords(
  batch: BatchRecord,
  uri: string,
  deps: RunnerDeps,
): Promise<{ uri: string; bytes: number }> {
  const writer = await deps.tables.openWriter(uri, outputHeader(batch));
  if (writer.kind !== 'records') throw new AppError('internal', `${uri} does not accept records.`);
  try {
    await exportRecords(batch, writer, deps);
  } finally {
    await writer.close();
  }
  return { uri: writer.uri, bytes: 0 };
}

async function readRows(
  batch: BatchRecord,
  { status, cursor = 0, limit }: { status?: RowStatus | 'not_run'; cursor?: number; limit: number },
  { store }: RunnerDeps,
): Promise<{ rows: RowReport[]; nextCursor: number | null }> {
  const stored = status === undefined ? undefined : storedStatus(status);
  const rows = await store.readRows(batch.id, {
    fromRow: cursor,
    limit: limit + 1,
    ...(stored === undefined ? {} : { status: stored }),
  });
  const next = rows[limit];
  return {
    rows: rows.slice(0, limit).map(rowReports(batch)),
    nextCursor: next?.row ?? null,
  };
}
