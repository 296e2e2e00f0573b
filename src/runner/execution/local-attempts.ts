import { type AgentDefinition, callTimeoutMs } from '../../agent/definition.ts';
import type { AppError } from '../../base/errors.ts';
import type { JsonObject } from '../../protocol/messages.ts';
import type { MemberOptions } from '../../providers/lanes/lane.ts';
import type { RowRecord } from '../../storage/rows.ts';
import type { BatchTuning } from '../contract/options.ts';
import type { LiveTuning } from '../lifecycle/live-tuning.ts';
import { planOf } from '../output/results.ts';
import { cacheOf } from '../rows/answer-cache.ts';
import { createBudget } from '../rows/budget.ts';
import { orCancelled } from '../rows/cancelled-row.ts';
import { NO_FLIGHTS } from '../rows/flights.ts';
import type { CallLimits } from '../rows/model-call.ts';
import { createRowRuns, type RowOutcome, type RowRuns } from '../rows/row-run.ts';
import { createRowSettlement, type RowEnding } from '../rows/row-settlement.ts';
import { snapshotOf, taskOf } from '../rows/row-task.ts';
import type { RunCallsDeps } from '../rows/run-journal.ts';
import type { ProcessOptions } from './executor.ts';

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

/** Opens the parts that attempts at a batch's rows need: model, lane, budget, cache and journal. */
export async function openLocalAttempts(options: ProcessOptions, hooks: AttemptHooks): Promise<LocalAttempts> {
  const { batch, fence, agent, deps, tuning, live } = options;
  const snapshot = snapshotOf(batch);
  const { model } = snapshot.agent;
  const { costMicroUsd, openWorstMicroUsd } = batch.totals;
  const budget = createBudget(capOf(tuning.now()), costMicroUsd + openWorstMicroUsd);
  const provider = await deps.provider(model.provider, model);
  const lanes = hooks.parks === undefined ? deps.lanes : undefined;
  const lane = lanes?.join(provider.server ?? provider.name, model.model, {
    priority: tuning.now().priority,
    caps: capsOf(snapshot.agent),
  });
  const unlisten = tuning.listen((next) => {
    budget.setCap(capOf(next));
    lane?.setPriority(next.priority);
  });
  // Rows whose calls wait for a provider job must not wait for each other.
  const cache = cacheOf(
    planOf(batch),
    { fence, provider },
    hooks.parks === undefined ? deps : { ...deps, flights: NO_FLIGHTS },
  );
  const { store, clock, events } = deps;
  const dayGate = deps.dayGate ?? (batch.budgetKey === null ? undefined : deps.keyGates?.(batch.budgetKey));
  const settlement = createRowSettlement({ store, clock, events, budget, fence, dayGate }, cache);
  let answered = false;
  const onAnswer = () => {
    if (answered) return;
    answered = true;
    hooks.onFirstAnswer();
  };
  const parts = { journal: settlement.journal, provider, ...(lane === undefined ? {} : { lane }), onAnswer };
  const calls = callsOf(options, hooks, parts);
  const runs: RowRuns = createRowRuns(snapshot, {
    agent,
    tables: deps.tables,
    calls,
    ...(hooks.parks && { parks: hooks.parks }),
    timeoutMs: () => timeoutOf(tuning.now()),
  });
  return {
    attempt(row, onAnswered) {
      const task = taskOf(batch.id, row);
      if (live === undefined) return runs.run(task, onAnswered).then((outcome) => settlement.settleRow(task, outcome));
      const { signal, end } = live.begin(task);
      const settled = async (outcome: RowOutcome) => {
        const { run } = task;
        // A row that succeeds is not delayed.
        const final = live.isCancelled(task) ? await orCancelled(outcome, { at: task, run, live, store }) : outcome;
        return settlement.settleRow(task, final);
      };
      return runs.run(task, onAnswered, signal).then(settled).finally(end);
    },
    inputOf: (row) => runs.inputOf(row.cells),
    isAnswered: () => answered,
    close() {
      unlisten();
      lane?.leave();
    },
  };
}

function callsOf(
  { batch, deps, drain, hard, tuning }: ProcessOptions,
  { halt, onFault }: AttemptHooks,
  parts: Pick<RunCallsDeps, 'journal' | 'provider' | 'lane' | 'onAnswer'>,
): RunCallsDeps {
  const { agent } = planOf(batch);
  const model = `${agent.model.provider} ${agent.model.model}`;
  return {
    ...parts,
    prices: deps.prices,
    events: deps.events,
    clock: deps.clock,
    random: deps.random,
    signal: hard,
    halt,
    drain,
    callLimits: callLimitsOf(agent, tuning),
    goesAhead: true,
    onFault,
    onRetry: (error, delayMs) =>
      deps.log.debug({ batchId: batch.id, model, code: error.code, delayMs }, 'model call is repeated'),
  };
}

/** The limits of calls under the tuning, computed once for each change of it. */
function callLimitsOf({ limits }: AgentDefinition, tuning: LiveTuning): () => CallLimits {
  let known: { tuning: BatchTuning; limits: CallLimits } | undefined;
  return () => {
    const now = tuning.now();
    if (known?.tuning === now) return known.limits;
    const { timeout_s = limits.timeout_s, call_timeout_s = limits.call_timeout_s, max_sends } = now;
    const given = { ...limits, timeout_s, ...(call_timeout_s !== undefined && { call_timeout_s }) };
    known = { tuning: now, limits: { timeoutMs: callTimeoutMs({ limits: given }), maxSends: max_sends } };
    return known.limits;
  };
}

function capsOf({ limits }: AgentDefinition): MemberOptions['caps'] {
  return {
    requestsPerMinute: lowest(
      limits.requests_per_minute,
      limits.requests_per_second === undefined ? undefined : limits.requests_per_second * 60,
    ),
    inputTokensPerMinute: limits.input_tokens_per_minute,
    outputTokensPerMinute: limits.output_tokens_per_minute,
  };
}

function lowest(...limits: (number | undefined)[]): number | undefined {
  const given = limits.filter((limit) => limit !== undefined);
  return given.length === 0 ? undefined : Math.min(...given);
}

function timeoutOf({ timeout_s: seconds }: BatchTuning): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}

/** The cap in micro-dollars. */
function capOf({ max_cost_usd: cap }: BatchTuning): number | undefined {
  return cap === undefined ? undefined : Math.round(cap * 1e6);
}
