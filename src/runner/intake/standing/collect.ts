import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { AgentDefinition } from '../../../agent/definition.ts';
import { AppError } from '../../../base/errors.ts';
import { parseJson } from '../../../base/json/exact-number.ts';
import { nearest } from '../../../base/nearest.ts';
import type { Json } from '../../../protocol/messages.ts';
import type { BatchRecord, NewBatch } from '../../../storage/batches.ts';
import { budgetKeyOf, type Caller, createdBy } from '../../contract/caller.ts';
import type { Problem } from '../../contract/problem.ts';
import type { BatchPlan } from '../../contract/report/plan.ts';
import {
  type Appended,
  type AppendRequest,
  type CollectRequest,
  collectedUri,
  isCollected,
  type SealRequest,
} from '../../contract/request/collect.ts';
import type { BatchRequest } from '../../contract/request/request.ts';
import type { RunnerDeps } from '../../deps.ts';
import { nextBatchStatus } from '../../lifecycle/batch.ts';
import { emitStatus } from '../../lifecycle/batch-events.ts';
import { storable } from '../../lifecycle/drive-context.ts';
import { settingsOf } from '../../lifecycle/settings.ts';
import { storedPlanOf } from '../../output/results.ts';
import { newBatch } from '../new-batch.ts';
import { insertWithOutput, outputPlace } from '../output-place.ts';
import { collectedSource, withCollectedSource } from '../table/collected-source.ts';
import { planBatch } from '../validate-input.ts';
import { orderJobs } from './order-jobs.ts';

type Model = Pick<AgentDefinition['model'], 'provider' | 'model'>;

interface Parts {
  deps: RunnerDeps;
  caller: Caller;
}

/** A batch that collects rows, before it is stored, with what is known of its agent. */
export interface PreparedCollection {
  batch: NewBatch;
  request: BatchRequest;
  plan: BatchPlan;
  agent: AgentDefinition;
}

/**
 * Prepares a batch that collects rows, and stores nothing. Everything but its rows is validated.
 * @param options.model replaces the model of the agent
 * @throws AppError the first problem's code, with all problems in the message
 */
export async function prepareCollection(
  { columns, ...rest }: CollectRequest,
  { deps, caller, model }: Parts & { model?: Model },
): Promise<PreparedCollection & { store(): Promise<{ batch: BatchRecord; inserted: boolean }> }> {
  const id = deps.newId('bat');
  const request: BatchRequest = { ...rest, csv_uri: collectedUri(id) };
  const source = collectedSource({ uri: request.csv_uri, columns });
  const own = withCollectedSource(source, withModel(model, deps));
  const plan = await planBatch(request, own, caller);
  const agent = agentOf(plan, (problem) => problem.code !== 'no_rows');
  const { standIn = null } = await deps.provider(agent.model.provider, agent.model);
  const record = (outputUri: string) =>
    newBatch({
      ...{ id, status: 'collecting', columns, createdAt: deps.clock.now() },
      idempotencyKey: request.options?.idempotency_key ?? null,
      budgetKey: null,
      plan: storable({
        request: withAbsoluteOutput(request, deps),
        fileRoots: deps.tables.roots,
        agent,
        toolSpecs: null,
        inputMapping: plan.input_mapping,
        reading: plan.reading,
        outputUri,
        estimate: null,
        warnings: plan.warnings,
        standIn,
        createdBy: createdBy.parse(caller),
      }),
      rowLimit: request.options?.sample ?? null,
      ...(model !== undefined && { settings: { model: { ...model } } }),
    });
  const place = { id, deps: own };
  return {
    ...{ batch: record(outputPlace(request, plan, place)), request, plan, agent },
    store: () => insertWithOutput(request, plan, { ...place, record }),
  };
}

/** Stores a batch that collects rows; see {@link prepareCollection}. */
export async function collectBatch(
  given: CollectRequest,
  parts: Parts,
): Promise<{ batch: BatchRecord; inserted: boolean }> {
  const { request, store } = await prepareCollection(given, parts);
  const stored = await store();
  if (!stored.inserted) refuseOther(stored.batch, request, given.columns);
  return stored;
}

/** The dependencies with another model for every agent. */
function withModel(model: Model | undefined, deps: RunnerDeps): RunnerDeps {
  if (model === undefined) return deps;
  const findAgent: RunnerDeps['findAgent'] = async (name, version) => {
    const agent = await deps.findAgent(name, version);
    return { ...agent, model: { ...agent.model, ...model } };
  };
  return { ...deps, findAgent };
}

/** The output URI of a request that another process may carry out. */
function withAbsoluteOutput(request: BatchRequest, { tables }: RunnerDeps): BatchRequest {
  const { output_uri: output } = request;
  return output === undefined || output === '-' ? request : { ...request, output_uri: tables.absolute(output) };
}

/** A known idempotency key must come with the same request. */
function refuseOther(batch: BatchRecord, request: BatchRequest, columns: string[]): void {
  const { request: first } = storedPlanOf(batch);
  const same = { ...request, csv_uri: first.csv_uri, output_uri: first.output_uri };
  const plain = (value: unknown) => parseJson(JSON.stringify(value));
  const isSame = isCollected(first) && isDeepStrictEqual(plain(same), plain({ ...first, options: same.options }));
  if (isSame && isDeepStrictEqual(batch.columns, columns)) return;
  throw new AppError(
    'invalid_arguments',
    `The idempotency key "${request.options?.idempotency_key}" belongs to the batch ${batch.id}, which was started with other arguments. Use a new key for a new batch.`,
  );
}

/**
 * Appends rows to a batch that collects.
 * @throws AppError `batch_state_invalid`, `invalid_arguments` for a row that does not fit the columns
 */
export async function appendRows(
  batch: BatchRecord,
  { rows, idempotency_key: key }: AppendRequest,
  { store }: RunnerDeps,
): Promise<Appended> {
  const columns = batch.columns ?? [];
  const places = new Map(columns.map((column, index) => [column, index]));
  const cells = rows.map((row, index) =>
    cellsOf(row as Json[] | { [column: string]: Json }, { index, columns, places }),
  );
  const digest = key === undefined ? '' : createHash('sha256').update(JSON.stringify(cells)).digest('base64');
  const appended = await store.appendRows(batch.id, {
    rows: cells,
    ...(key !== undefined && { idempotency: { key, digest } }),
  });
  const { first: first_row, rows: count, total, repeated } = appended;
  return { batch_id: batch.id, first_row, rows: count, total, repeated };
}

function cellsOf(
  row: Json[] | { [column: string]: Json },
  { index, columns, places }: { index: number; columns: string[]; places: Map<string, number> },
): Json[] {
  if (Array.isArray(row)) {
    if (row.length <= columns.length) return row;
    throw new AppError(
      'invalid_arguments',
      `rows[${index}] has ${row.length} cells, and the batch ${columns.length} columns.`,
    );
  }
  const cells: Json[] = columns.map(() => null);
  for (const [column, cell] of Object.entries(row)) {
    const place = places.get(column);
    if (place === undefined) {
      const candidate = nearest(column, columns);
      const hint = candidate === undefined ? '' : `; did you mean "${candidate}"?`;
      throw new AppError(
        'column_unknown',
        `rows[${index}] names the column "${column}", which the batch does not have${hint}`,
      );
    }
    cells[place] = cell;
  }
  return cells;
}

/** The plan of a batch that collects, over the rows that it has now. Starts nothing. */
export async function planCollected(
  batch: BatchRecord,
  { options }: SealRequest,
  { deps, caller }: Parts,
): Promise<{ plan: BatchPlan; request: BatchRequest }> {
  const { request: first } = storedPlanOf(batch);
  const { model } = settingsOf(batch);
  const request = options === undefined ? first : { ...first, options: { ...first.options, ...options } };
  const source = collectedSource({ uri: first.csv_uri, columns: batch.columns ?? [] }, { batch, store: deps.store });
  return { plan: await planBatch(request, withCollectedSource(source, withModel(model, deps)), caller), request };
}

/**
 * collecting → created: the rows are complete, and the definition of the agent is fixed.
 * @param approve as in `Runner.create`
 * @throws AppError the first problem's code; `batch_state_invalid` when rows were appended in the meantime
 */
export async function sealBatch(
  batch: BatchRecord,
  { approve, ...given }: SealRequest & { approve?: ((plan: BatchPlan, batchId: string) => Promise<void>) | undefined },
  { deps, caller }: Parts,
): Promise<BatchPlan> {
  const status = nextBatchStatus(batch.status, { type: 'seal' });
  // A sample is the first rows by their numbers, which then stay.
  if (given.options?.sample === undefined) await orderJobs(batch.id, deps.store);
  const { plan, request } = await planCollected(batch, given, { deps, caller });
  const agent = agentOf(plan);
  await approve?.(plan, batch.id);
  const { standIn = null } = await deps.provider(agent.model.provider, agent.model);
  const change = {
    status,
    // Rows of many callers may have collected: they count to the one who runs them.
    budgetKey: budgetKeyOf(caller),
    rowLimit: request.options?.sample ?? null,
    plan: storable({
      ...storedPlanOf(batch),
      ...{ request, agent, standIn, inputMapping: plan.input_mapping, reading: plan.reading },
      ...{ estimate: plan.estimate, warnings: plan.warnings },
    }),
  };
  if (!(await deps.store.updateBatch(batch.id, change, { when: ['collecting'], rows: batch.totals.rows }))) {
    const text = `Rows of the batch ${batch.id} were appended while it was checked, or it was started or cancelled. Look at it, then run it again.`;
    throw new AppError('batch_state_invalid', text, { retryable: true });
  }
  emitStatus(batch, change, deps);
  return plan;
}

function agentOf(plan: BatchPlan, counts: (problem: Problem) => boolean = () => true): NonNullable<BatchPlan['agent']> {
  const problems = plan.problems.filter(counts);
  const [first] = problems;
  if (first === undefined && plan.agent !== null) return plan.agent;
  throw new AppError(first?.code ?? 'agent_not_found', problems.map(({ message }) => message).join('\n'));
}
