import { type AgentDefinition, agentLabel } from '../../agent/definition.ts';
import { AppError, type ErrorCode } from '../../base/errors.ts';
import { dollars } from '../../base/figures.ts';
import type { JsonObject } from '../../protocol/messages.ts';
import { isEmbeddingModel, locateModel } from '../../providers/catalog.ts';
import type { BatchRecord } from '../../storage/batches.ts';
import type { Fence } from '../../storage/leases.ts';
import type { RowAttempt } from '../../storage/rows.ts';
import { dayCapReached } from '../../storage/spending.ts';
import type { Estimate } from '../contract/report/estimate.ts';
import { isCollected } from '../contract/request/collect.ts';
import type { BatchTuning } from '../contract/request/options.ts';
import type { ResumeRequest, RetryRequest } from '../contract/request/request.ts';
import type { RunnerDeps } from '../deps.ts';
import { fullPriceRefused } from '../execution/full-price-refused.ts';
import { isPriced, unpricedDay } from '../intake/money/check-caps.ts';
import { estimateRest } from '../output/estimate-rest.ts';
import { planRest } from '../output/plan-rest.ts';
import { planOf } from '../output/results.ts';
import { ENDED, nextBatchStatus } from './batch.ts';
import { emitLease, emitStatus } from './batch-events.ts';
import { checkExpected, chosenCodes, namedRows } from './chosen-rows.ts';
import { checkCapPrice } from './control.ts';
import { atHome } from './drive-context.ts';
import { settingsOf } from './settings.ts';

type Model = Pick<AgentDefinition['model'], 'provider' | 'model'>;

/** A checked retry. */
export interface Retry {
  codes: ErrorCode[] | undefined;
  /** The only rows, where rows were named. */
  named: RowAttempt[] | undefined;
  /** The codes of the failed rows that would be run. */
  failed: ErrorCode[];
  model: Model | undefined;
  /** Number of rows that would be run: failed rows, and rows that were not run. */
  rows: number;
  estimate: Estimate | null;
}

/**
 * paused → running, under other limits if they are given.
 * @throws AppError `batch_state_invalid`, `budget_reached` when the cap leaves nothing to spend
 */
export async function resumeBatch(batch: BatchRecord, change: ResumeRequest, deps: RunnerDeps): Promise<void> {
  if (batch.status !== 'paused') {
    throw new AppError('batch_state_invalid', `Only a paused batch can be resumed; ${batch.id} is ${batch.status}.`);
  }
  checkCapPrice(batch, change, deps);
  checkCapLeft(batch, change);
  if (batch.totals.queued + batch.totals.running > 0) await checkDay(batch, planOf(batch).agent.model, deps);
  const next = {
    status: nextBatchStatus('paused', { type: wasReady(batch) ? 'resume' : 'begin' }),
    ...{ pauseReason: null, error: null, control: null },
    settings: { ...change, ...agreedTo(batch, []) },
    ...(batch.pauseReason === 'sample' ? { rowLimit: null } : {}),
  };
  if (!(await deps.store.updateBatch(batch.id, next, { when: ['paused'], unlessControl: 'cancel' }))) {
    throw new AppError(
      'batch_state_invalid',
      `The batch ${batch.id} has just been resumed or cancelled by another caller.`,
    );
  }
  emitStatus(batch, next, deps);
}

/** Whether rows could run already. A batch that has collected its rows has its columns before its tools are known. */
function wasReady(batch: BatchRecord): boolean {
  const { request, toolSpecs } = planOf(batch);
  return batch.columns !== null && (toolSpecs !== null || !isCollected(request));
}

/** A person continues the batch: from now on, these failures and the one that paused it do not pause it again. */
function agreedTo(batch: BatchRecord, codes: readonly ErrorCode[]): JsonObject {
  const { alike, alike_agreed: before = [] } = settingsOf(batch);
  const agreed = [...new Set([...before, ...(alike === undefined ? [] : [alike]), ...codes])];
  return agreed.length === 0 ? {} : { alike: null, alike_agreed: agreed };
}

/**
 * Checks a retry and estimates its cost; changes nothing.
 * @throws AppError `batch_state_invalid`, `invalid_arguments`, `agents_invalid` (unknown provider), `model_unknown`,
 *   `budget_unpriced`, `budget_reached`
 */
export async function planRetry(batch: BatchRecord, request: RetryRequest, deps: RunnerDeps): Promise<Retry> {
  checkEnded(batch);
  const model = request.model === undefined ? undefined : await checkModel(request.model, batch, deps);
  const target = model === undefined ? batch : { ...batch, settings: { ...batch.settings, model: { ...model } } };
  checkCapPrice(target, withoutModel(request), deps);
  checkCapLeft(batch, request);
  await checkDay(batch, model ?? planOf(batch).agent.model, deps);
  await checkOwnTable(batch, deps);
  const named = await namedRows(batch, request, deps);
  const failures = named ?? (await deps.store.readFailures(batch.id)).filter(({ code }) => code !== 'row_malformed');
  const codes = chosenCodes(batch, request, failures);
  const chosen = failures.filter(({ code }) => codes?.includes(code) ?? true);
  const rows = batch.totals.queued + chosen.reduce((sum, { count }) => sum + count, 0);
  checkExpected(rows, request);
  if (rows === 0) {
    const malformed = batch.totals.failed > 0 ? ' Malformed rows stay as they are: correct the table instead.' : '';
    throw new AppError('batch_state_invalid', `${batch.id} has no rows to run again.${malformed}`);
  }
  const bill = await deps.store.readBill(batch.id);
  const settings = { ...target.settings, real_time: null, ...allowed(request) };
  const next = await planRest({ ...target, settings: withoutNulls(settings) }, { rows, jobs: [] }, deps);
  if (next?.missing !== undefined && planOf(batch).request.options?.fallback === false && request.fallback !== true) {
    throw new AppError(
      'option_not_supported',
      fullPriceRefused(batch.id, { why: next.missing, command: 'retry' }).message,
    );
  }
  const ways = next && { shares: next.shares, executors: deps.executors };
  return {
    codes,
    named: named?.flatMap(({ at }) => at),
    failed: chosen.map(({ code }) => code),
    model,
    rows,
    estimate: estimateRest(target, bill, { rows, prices: deps.prices, ways }),
  };
}

/**
 * Queues failed rows again with new attempts in the same batch. The batch is then `running`, and a process that drives
 * batches claims it. Its calls count to the key that `batch.budgetKey` names.
 * @throws AppError as {@link planRetry}, and `batch_owned_elsewhere`
 */
export async function retryBatch(batch: BatchRecord, request: RetryRequest, deps: RunnerDeps): Promise<void> {
  const { store, owner } = deps;
  const { codes, named, failed, model } = await planRetry(batch, request, deps);
  const lease = await store.acquireLease(batch.id, owner);
  if (!lease.acquired) {
    throw new AppError(
      'batch_owned_elsewhere',
      `Process ${lease.owner.pid} on ${lease.owner.host} still holds ${batch.id}; try again in a moment.`,
      { retryable: true },
    );
  }
  const { fence } = lease;
  try {
    const settings = {
      ...withoutModel(request),
      ...allowed(request),
      // A retry tries the batch API and strict tools again.
      ...{ real_time: null, plain_tools: null },
      ...agreedTo(batch, failed),
      ...(model === undefined ? {} : await modelSettings(model, batch, deps)),
      // A transcript never changes its model midway. The null removes the codes of an earlier retry.
      redrive: {
        ...{ codes: codes ?? null, restart: model !== undefined, one: null },
        named: named?.map((at) => ({ ...at })) ?? null,
      },
    };
    const current = await store.readBatch(batch.id);
    if (current !== undefined) checkEnded(current);
    const next = {
      status: nextBatchStatus(current?.status ?? batch.status, { type: 'redrive' }),
      ...{ pauseReason: null, error: null, ending: null, control: null, endedAt: null, rowLimit: null },
      budgetKey: batch.budgetKey,
      settings,
    };
    await store.updateBatch(batch.id, next, { fence });
    emitStatus(current ?? batch, next, deps);
    await finishRedrive((await store.readBatch(batch.id)) ?? batch, fence, deps);
  } finally {
    await store.releaseLease(fence);
    emitLease('lease-end', fence, deps);
  }
}

/**
 * Queues the rows of a retry in portions, under the lease. After a crash the unfinished rest is in the settings, and it
 * is finished before any row runs.
 */
export async function finishRedrive(batch: BatchRecord, fence: Fence, { store }: RunnerDeps): Promise<void> {
  const { redrive } = settingsOf(batch);
  if (redrive === undefined) return;
  const named = redrive.named ?? (redrive.one && [redrive.one]);
  if (named === undefined) await store.redriveRows(fence, redrive);
  else for (const at of named) await store.redriveRow(fence, at);
  await store.updateBatch(batch.id, { settings: { redrive: null } }, { fence });
}

/** The settings of a new model. A null removes the stand-in of an earlier model. */
async function modelSettings({ provider, model }: Model, batch: BatchRecord, deps: RunnerDeps): Promise<JsonObject> {
  const source = await deps.provider(provider, planOf(batch).agent.model);
  return { model: { provider, model }, stand_in: source.standIn ?? null };
}

function allowed({ fallback }: RetryRequest): JsonObject {
  return fallback === true ? { fallback } : {};
}

function withoutNulls(settings: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== null));
}

function withoutModel({ max_cost_usd, concurrency }: RetryRequest): BatchTuning {
  return {
    ...(max_cost_usd === undefined ? {} : { max_cost_usd }),
    ...(concurrency === undefined ? {} : { concurrency }),
  };
}

function checkEnded({ id, status, columns, error }: BatchRecord): void {
  if (!ENDED.includes(status)) {
    const fix = status === 'paused' ? 'Resume it, and retry the failed rows when it has ended' : 'Wait until it ends';
    throw new AppError(
      'batch_state_invalid',
      `Only a batch that has ended can be retried; ${id} is ${status}. ${fix}.`,
    );
  }
  if (columns === null) {
    const why = error === null ? '' : ` (${error.message})`;
    throw new AppError('batch_state_invalid', `${id} ended before its rows were loaded${why}; start a new batch.`);
  }
}

/** The cap of the day must leave something to spend, and the price must be known under it. */
async function checkDay({ budgetKey }: BatchRecord, model: Model, deps: RunnerDeps): Promise<void> {
  const day = await deps.store.readDaySpending(deps.clock.now(), budgetKey);
  if (day === null) return;
  const [problem] = unpricedDay(model, day, deps);
  if (problem !== undefined) throw new AppError(problem.code, problem.message);
  if (day.costMicroUsd + day.openMicroUsd >= day.capMicroUsd) throw dayCapReached(day);
}

/** Another batch may have written its table over that of this batch. */
async function checkOwnTable(batch: BatchRecord, deps: RunnerDeps): Promise<void> {
  const { id, output } = batch;
  const { tables } = atHome(deps, planOf(batch));
  if (output === null || output.uri.endsWith('/') || tables.writerKind(output.uri) === 'records') return;
  await tables.checkWriter(output.uri, [], { overwrite: 'own', batchId: id });
}

/** The new cap must leave something to spend. */
function checkCapLeft(batch: BatchRecord, { max_cost_usd }: BatchTuning): void {
  const cap = max_cost_usd ?? planOf(batch).request.options?.max_cost_usd;
  const committed = (batch.totals.costMicroUsd + batch.totals.openWorstMicroUsd) / 1e6;
  if (cap === undefined || cap > committed) return;
  throw new AppError(
    'budget_reached',
    `${dollars(committed)} of the cap of ${dollars(cap)} is spent or committed; continue ${batch.id} with a higher max_cost_usd.`,
  );
}

/** Reads `provider/model`, or a model of the batch's current provider. */
async function checkModel(text: string, batch: BatchRecord, deps: RunnerDeps): Promise<Model> {
  const { agent } = planOf(batch);
  const slash = text.indexOf('/');
  const isWhole = /^[a-z][a-z0-9-]*\/./.test(text);
  const provider = isWhole ? text.slice(0, slash) : agent.model.provider;
  const name = isWhole ? text.slice(slash + 1) : text;
  if (name.trim() === '') throw new AppError('invalid_arguments', 'The model is empty; write provider/model.');
  if (isEmbeddingModel({ provider, model: name }) && !isEmbeddingModel(agent.model)) {
    const text = `${name} is an embedding model, and ${agentLabel(agent)} needs a model that writes text; choose such a model.`;
    throw new AppError('invalid_arguments', text);
  }
  const source = await deps.provider(provider, agent.model);
  const lacking = source.lacks?.();
  if (lacking !== undefined) {
    throw new AppError('config_invalid', `The model ${name} can't be called before ${lacking} is set.`);
  }
  const model = locateModel({ provider, model: name }, agent.base_dir);
  if (source.checkModel !== undefined && (source.standIn !== undefined || !isPriced(provider, model, deps.prices))) {
    await source.checkModel(model);
  }
  return { provider, model };
}
