import { otherAgent } from '../../agent/definition.ts';
import type { AppError } from '../../base/errors.ts';
import type { JsonObject } from '../../protocol/messages.ts';
import type { RowRecord } from '../../storage/rows.ts';
import type { BatchTuning } from '../contract/request/options.ts';
import { isFallback } from '../output/fallback-answers.ts';
import { createBudget } from '../rows/budget.ts';
import { orCancelled } from '../rows/cancelled-row.ts';
import type { RowOutcome } from '../rows/row-run.ts';
import type { RowEnding } from '../rows/row-settlement.ts';
import { type RowTask, snapshotOf, taskOf } from '../rows/row-task.ts';
import type { ProcessOptions } from './executor.ts';
import { createModelLoss, type ModelLoss } from './model-loss.ts';
import { type ModelRuns, type ModelRunsParts, openModelRuns } from './model-runs.ts';

interface AttemptHooks {
  /** See {@link createRowRuns}. */
  parks?: { holdsTools: boolean };
  /** Once it fires, nothing more is sent. */
  halt: AbortSignal;
  /** Called at the first answer: from then on, more than one row may run at a time. */
  onFirstAnswer: () => void;
  onFault: (error: AppError) => void;
}

/** Runs and settles attempts at rows of one batch in this process. */
export interface LocalAttempts {
  /** @param onAnswered see {@link RowRuns} */
  attempt(row: RowRecord, onAnswered?: () => void): Promise<RowEnding>;
  /** TransformInput alone; null when it fails. */
  inputOf(row: RowRecord): Promise<JsonObject | null>;
  isAnswered(): boolean;
  close(): void;
}

/** Opens the parts that attempts at a batch's rows need: model, lane, budget, cache and journal; twice with a fallback. */
export async function openLocalAttempts(options: ProcessOptions, hooks: AttemptHooks): Promise<LocalAttempts> {
  const { batch, deps, tuning, live } = options;
  const { costMicroUsd, openWorstMicroUsd } = batch.totals;
  const budget = createBudget(capOf(tuning.now()), costMicroUsd + openWorstMicroUsd);
  const unlisten = tuning.listen((next) => budget.setCap(capOf(next)));
  let answered = false;
  const onAnswer = () => {
    if (answered) return;
    answered = true;
    hooks.onFirstAnswer();
  };
  const snapshot = snapshotOf(batch);
  const parts = { ...hooks, snapshot, agent: options.agent, budget, onAnswer };
  const fallback = await openFallback(options, parts);
  const first = await openModelRuns(options, fallback === undefined ? parts : { ...parts, ...fallback.loss.hooks });

  const runOf = (task: RowTask, { runs, settlement }: ModelRuns, onAnswered?: () => void): Promise<RowEnding> => {
    const settle = (outcome: RowOutcome): Promise<RowEnding> => {
      const replaced = runs === first.runs ? fallback?.loss.replacedBy(outcome) : undefined;
      if (fallback === undefined || replaced === undefined) return settlement.settleRow(task, outcome);
      return settlement.nextAttempt(task, replaced).then(() => runOf(nextOf(task), fallback.other, onAnswered));
    };
    if (live === undefined) return runs.run(task, onAnswered).then(settle);
    const { signal, end } = live.begin(task);
    const settled = async (outcome: RowOutcome) => {
      // A row that succeeds is not delayed.
      const { store } = deps;
      return settle(
        live.isCancelled(task) ? await orCancelled(outcome, { at: task, run: task.run, live, store }) : outcome,
      );
    };
    return runs.run(task, onAnswered, signal).then(settled).finally(end);
  };
  return {
    attempt(row, onAnswered) {
      const task = taskOf(batch.id, row);
      if (fallback === undefined) return runOf(task, first, onAnswered);
      const began = fallback.loss.isOthers(task);
      if (began === false) return runOf(task, first, onAnswered);
      return Promise.resolve(began).then((isOthers) => runOf(task, isOthers ? fallback.other : first, onAnswered));
    },
    inputOf: (row) => first.runs.inputOf(row.cells),
    isAnswered: () => answered,
    close() {
      unlisten();
      first.close();
      fallback?.other.close();
    },
  };
}

/** The runs of the model of another provider, and what decides when it answers; undefined where there is none. */
async function openFallback(
  options: ProcessOptions,
  parts: ModelRunsParts,
): Promise<{ other: ModelRuns; loss: ModelLoss } | undefined> {
  const { snapshot, agent, parks, ...shared } = parts;
  const definition = otherAgent(snapshot.agent);
  if (definition === undefined || agent.other === undefined) return undefined;
  // Its calls fit no provider job of the first model: they are sent, except where nothing is sent any more.
  const held = parks?.holdsTools === true ? { parks } : {};
  const other = { ...shared, ...held, snapshot: { ...snapshot, agent: definition }, agent: agent.other };
  const { models } = await options.deps.store.readBill(options.batch.id);
  const hasAnswered = models.some(({ model, calls }) => calls > 0 && !isFallback(model, snapshot.agent));
  return { other: await openModelRuns(options, other), loss: createModelLoss(options, parts, hasAnswered) };
}

/** The next attempt at the same row. */
function nextOf({ run, attempt, ...task }: RowTask): RowTask {
  const next = attempt + 1;
  return { ...task, run: `${run.slice(0, run.lastIndexOf('/'))}/${next}`, attempt: next, replays: false };
}

/** The cap in micro-dollars. */
function capOf({ max_cost_usd: cap }: BatchTuning): number | undefined {
  return cap === undefined ? undefined : Math.round(cap * 1e6);
}
